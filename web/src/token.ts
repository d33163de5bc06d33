// The token of this tab. It is kept as long as the tab is, and nowhere else.

import { attempt } from "./storage.ts";

const KEY = "card-gateway.token";

const listeners = new Set<() => void>();
let token = attempt(() => sessionStorage.getItem(KEY)) ?? "";

export const currentToken = () => token;

/** Whether a header can carry it. Chat programs like to shorten what they show ("…"). */
export const isPossible = (token: string) => /^[\x21-\x7e]*$/.test(token);

/** Accepts what people really paste: line breaks, or the whole header value. */
export function setToken(text: string) {
  const cleaned = text.trim().replace(/^bearer\s+/i, "").replace(/\s+/g, "");
  if (cleaned === token) return;
  token = cleaned;
  attempt(() => {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  });
  for (const listener of listeners) listener();
}

export function onNewToken(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
