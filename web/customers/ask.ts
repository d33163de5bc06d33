// One request to the API, and its answer or what went wrong, in words for people.

import type { GraphQLError } from "./trouble.ts";
import { NO_ANSWER, troubleOf, type Trouble } from "./trouble.ts";

/** The page is at …/customers, its API next to it; Vite's own server has it at the root. */
export const endpoint = new URL(
  import.meta.env.DEV ? "/graphql" : "graphql",
  location.origin + location.pathname,
).href;

export interface Answer<T> {
  /** What was asked for, at least in part. */
  data?: T;
  /** Why parts of it are missing. */
  errors: GraphQLError[];
  /** Why there is none of it. */
  trouble?: Trouble;
}

export type Variables = Record<string, string | number | undefined>;

/** Asks the API. It throws only if the signal has stopped it. */
export async function ask<T>(
  query: string,
  variables: Variables,
  token: string,
  signal: AbortSignal,
): Promise<Answer<T>> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${token}`,
  };
  const body = JSON.stringify({ query, variables });
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, { method: "POST", headers, body, signal });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    return { errors: [], trouble: NO_ANSWER };
  }
  let answer: { data?: T | null; errors?: GraphQLError[] };
  try {
    answer = JSON.parse(text);
  } catch {
    return { errors: [], trouble: { ...NO_ANSWER, text: `${NO_ANSWER.text} (HTTP ${response.status})` } };
  }
  const errors = answer.errors ?? [];
  if (answer.data) return { data: answer.data, errors };
  return { errors, trouble: troubleOf(errors, response) };
}
