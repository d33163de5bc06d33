// Subscriptions, each over a WebSocket of its own.

import type { Observable } from "@graphiql/toolkit";
import type { ExecutionResult } from "graphql";
import { createClient, type Sink, type SubscribePayload } from "graphql-ws";
import { eventList } from "./events.ts";
import { endpoint, failure } from "./gateway.ts";
import { report, reportRefusal } from "./status.ts";

type Result = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

const REFUSED = [4401, 4403];

/** The code of a closed connection. */
const codeOf = (event: unknown) => (event as Partial<CloseEvent>).code ?? 0;

/** Why the token was refused, if it was: the connection is closed, or a subscription that
 * ran so far ends with an error. */
function refusal(problem: unknown) {
  if (Array.isArray(problem)) {
    return problem.find(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
  }
  return REFUSED.includes(codeOf(problem)) ? failure("A valid bearer token is required") : undefined;
}

/** What GraphiQL is to print: GraphQL's errors as they are, and a sentence for all else. */
function plain(problem: unknown) {
  if (Array.isArray(problem)) return problem;
  const lost = `The live connection was lost (${codeOf(problem) || "no answer"}). Run it again.`;
  return refusal(problem) ?? failure(lost);
}

export function connect(token: string) {
  // Of the subscription that runs: GraphiQL has one at a time.
  let close = () => {};

  // Not as an iterator: GraphiQL could not print what the client throws.
  function subscribe(payload: SubscribePayload, sink: Sink<Result>) {
    const listed = eventList();

    // Whatever comes after the end is news of nothing that anybody watches.
    let isOver = false;
    const tell: typeof report = (...said) => {
      if (!isOver) report(...said);
    };

    // A client goes with its subscription: one that has given up would wait before it
    // tried again. It closes its connection by itself with its last subscription.
    const client = createClient({
      url: endpoint.replace(/^http/, "ws"),
      connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
      shouldRetry: (event) => !refusal(event),
      on: {
        connected: () => tell("Live: changes show as they come"),
        closed: (event) => {
          if (!refusal(event)) tell("The live connection was lost; trying again…", true);
        },
      },
    });

    const unsubscribe = client.subscribe(payload, {
      next(result) {
        if (!isOver) sink.next(listed(result) as unknown as Result);
      },
      error(problem) {
        if (isOver) return;
        const refused = refusal(problem);
        if (refused) reportRefusal(refused.message, token);
        else report("");
        isOver = true;
        sink.error(plain(problem));
      },
      complete() {
        if (isOver) return;
        report("");
        isOver = true;
        sink.complete();
      },
    });

    close = () => {
      if (isOver) return;
      isOver = true;
      unsubscribe();
      sink.complete();
    };

    return {
      unsubscribe() {
        tell("");
        isOver = true;
        unsubscribe();
      },
    };
  }

  return {
    watch: (payload: SubscribePayload) =>
      ({ subscribe: (sink: Sink<Result>) => subscribe(payload, sink) }) as Observable<Result>,
    close: () => close(),
  };
}
