// What the browser keeps for the page: nothing where it may not, or has no room.

import type { Storage } from "@graphiql/toolkit";

/** Runs something with a store. Where site data is blocked, its very name throws. */
export function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}

/** The same store, which keeps no headers of requests: GraphiQL's history has them, and one
 * of them may be a secret. */
export const withoutHeaders = (store: Storage): Storage => ({
  get length() { return store.length; },
  clear: () => store.clear(),
  getItem: (key) => store.getItem(key),
  removeItem: (key) => store.removeItem(key),
  setItem: (key, text) => store.setItem(key, isHistory.test(key) ? stripped(text) : text),
});

const isHistory = /:(queries|favorites)$/;

const stripped = (text: string) =>
  JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? undefined : value));
