// The line of the bar that says how things stand.

const line = document.getElementById("status")!;
const input = document.getElementById("token")!;

/** Says something; `isAboutToken` marks the token's field, too. */
export function report(text: string, isProblem = false, isAboutToken = false) {
  line.textContent = text;
  line.classList.toggle("problem", isProblem);
  input.setAttribute("aria-invalid", String(isAboutToken));
}

/** Says that the gateway does not take the token, or wants one. */
export function reportRefusal(why: string, token: string) {
  report(token ? `Token refused: ${why}` : why, true, token !== "");
}
