// The bar above the editor: the token's field.

import { report } from "./status.ts";
import { currentToken, onNewToken, setToken } from "./token.ts";

const TYPING_PAUSE_MS = 700;

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const input = byId<HTMLInputElement>("token");
const toggle = byId("token-toggle");
const hint = byId("token-hint");

// A link may carry "#token=…". Fragments never reach the server, and it is taken out
// of the address bar so that it does not end up in a bookmark or a screenshot.
function takeTokenFromFragment() {
  const found = /[#&]token=([^&]*)/.exec(location.hash);
  if (!found) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  let text = found[1];
  try { text = decodeURIComponent(text); } catch { /* a stray "%": take it as it stands */ }
  if (text) setToken(text);
  input.value = currentToken();
}

function showHint() {
  hint.hidden = currentToken() !== "";
}

let typing: ReturnType<typeof setTimeout> | undefined;
function useField() {
  clearTimeout(typing);
  setToken(input.value);
}

input.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(useField, TYPING_PAUSE_MS);
});
input.addEventListener("blur", useField);
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useField();
});

toggle.addEventListener("click", () => {
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  toggle.textContent = show ? "Hide" : "Show";
  toggle.setAttribute("aria-label", show ? "Hide the API token" : "Show the API token");
});

onNewToken(() => {
  showHint();
  report("");
});
input.value = currentToken();
takeTokenFromFragment();
showHint();
addEventListener("hashchange", takeTokenFromFragment);
