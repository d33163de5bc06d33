// What requests cost, in the bar: of the last answer, if one wants to know, and of a document
// that costs too much.

import type { ExecutionResult } from "graphql";

const box = document.getElementById("cost") as HTMLInputElement;
const line = document.getElementById("cost-hint")!;

const WHAT_IT_DOES = "Run a query to see its cost, SQL statements and calls to the chain";

export const wantsCost = () => box.checked;

function say(text: string) {
  line.textContent = text;
  line.hidden = text === "";
}

box.addEventListener("change", () => say(box.checked ? WHAT_IT_DOES : ""));

const counted = (count: unknown, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** Shows what an answer says of its cost. */
export function showCost({ extensions, errors }: ExecutionResult) {
  const spent = extensions?.cost as Record<string, unknown> | undefined;
  const tooMuch = errors?.find((error) => error.extensions?.code === "QUERY_TOO_COMPLEX");
  const { cost, value } = tooMuch?.extensions ?? {};
  if (cost !== undefined) {
    say(`It would cost ${cost}; at most ${value} is allowed`);
  } else if (box.checked && spent) {
    const parts = [
      `Cost ${spent.requested}`,
      counted(spent.sqlStatements, "SQL statement", "SQL statements"),
      counted(spent.chainCalls, "call to the chain", "calls to the chain"),
    ];
    say(parts.join(", "));
  } else {
    say(box.checked ? WHAT_IT_DOES : "");
  }
}
