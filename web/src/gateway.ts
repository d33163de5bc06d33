// One request and its answer.

import type { ExecutionResult } from "graphql";
import { wantsCost } from "./bar.ts";

/** The page is at …/graphiql, its API next to it; Vite's own server has it at the root. */
export const endpoint = new URL(
  import.meta.env.DEV ? "/graphql" : "graphql",
  location.origin + location.pathname,
).href;

export interface Answer {
  code: number;
  body: ExecutionResult;
}

/** As GraphiQL prints it: a plain object, because it would print the stack of an Error. */
export const failure = (message: string) => ({ message });

/** Sends what GraphiQL wants to know; whatever goes wrong is told in the answer's form. */
export async function post(params: unknown, token: string): Promise<Answer> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json",
  };
  if (token) headers.authorization = `Bearer ${token}`;
  if (wantsCost()) headers["x-graphql-cost"] = "true";

  const failed = (code: number, message: string) =>
    ({ code, body: { errors: [failure(message)] } }) as unknown as Answer;
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(params) });
    text = await response.text();
  } catch (error) {
    return failed(0, `No answer from ${endpoint} (${(error as Error).message})`);
  }
  try {
    return { code: response.status, body: JSON.parse(text) };
  } catch {
    const start = text.trim().slice(0, 200) || "an empty body";
    return failed(response.status, `HTTP ${response.status}, not JSON: ${start}`);
  }
}
