// What is seen of a subscription: each event with its time, the newest first.

import type { FormattedExecutionResult } from "graphql";

/** More would make the result pane slow. */
const MOST = 100;

type Result = FormattedExecutionResult<Record<string, unknown>, unknown>;
type Event = { at: string } & Result;

/** The time of day, to the millisecond. */
const now = () => {
  const at = new Date();
  const time = at.toLocaleTimeString("en-GB");
  return `${time}.${String(at.getMilliseconds()).padStart(3, "0")}`;
};

/** Collects events; each call returns all that are to be seen, for GraphiQL to print. */
export function eventList() {
  let events: Event[] = [];
  let count = 0;
  return (result: Result) => {
    count += 1;
    events = [{ at: now(), ...result }, ...events].slice(0, MOST);
    return count > MOST ? { events, earlier: count - MOST } : { events };
  };
}
