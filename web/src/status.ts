// The line of the bar that says how things stand.

const line = document.getElementById("status")!;
const input = document.getElementById("token")!;

/** Says something; `isRefusal` marks the token's field, too. */
export function report(text: string, isProblem = false, isRefusal = false) {
  line.textContent = text;
  line.classList.toggle("problem", isProblem);
  input.setAttribute("aria-invalid", String(isRefusal));
}
