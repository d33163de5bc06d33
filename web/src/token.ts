// The token of this tab. It is kept as long as the tab is, and nowhere else.

const KEY = "card-gateway.token";

const listeners = new Set<() => void>();
let token = sessionStorage.getItem(KEY) ?? "";

export const currentToken = () => token;

/** Accepts what people really paste: line breaks, or the whole header value. */
export function setToken(text: string) {
  const cleaned = text.trim().replace(/^bearer\s+/i, "").replace(/\s+/g, "");
  if (cleaned === token) return;
  token = cleaned;
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export function onNewToken(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
