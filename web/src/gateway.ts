// One request and its answer.

import type { ExecutionResult } from "graphql";
import { wantsCost } from "./cost.ts";

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

/** The headers of a request; those of the tab "Headers" come last and win. */
function headersWith(token: string, more: Record<string, unknown>) {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  if (token) headers.set("authorization", `Bearer ${token}`);
  if (wantsCost()) headers.set("x-graphql-cost", "true");
  for (const [name, value] of Object.entries(more)) headers.set(name, String(value));
  return headers;
}

/** Sends what GraphiQL wants to know; failures come back in the form of an answer. */
export async function post(
  params: unknown,
  token: string,
  more: Record<string, unknown> = {},
): Promise<Answer> {
  const failed = (code: number, message: string) =>
    ({ code, body: { errors: [failure(message)] } }) as unknown as Answer;
  let headers: Headers;
  try {
    headers = headersWith(token, more);
  } catch (error) {
    return failed(0, `Request not sent. A header is wrong: ${(error as Error).message}`);
  }
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
