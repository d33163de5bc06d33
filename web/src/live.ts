// Subscriptions, over a WebSocket that is opened for the first one.

import type { Observable } from "@graphiql/toolkit";
import type { ExecutionResult } from "graphql";
import { createClient, type Sink, type SubscribePayload } from "graphql-ws";
import { endpoint, failure } from "./gateway.ts";
import { report } from "./status.ts";

type Result = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

const NORMAL = 1000;
const REFUSED = [4401, 4403];

const codeOf = (event: unknown) => (event as Partial<CloseEvent>).code ?? 0;

/** What GraphiQL is to print: GraphQL's errors as they are, and a sentence for all else. */
function plain(error: unknown) {
  if (Array.isArray(error)) return error;
  if (REFUSED.includes(codeOf(error))) return failure("Token refused");
  return failure(`The live connection was lost (${codeOf(error) || "no answer"}). Run it again.`);
}

export function connect(token: string) {
  let isOver = false;

  function closed(event: unknown) {
    if (isOver || codeOf(event) === NORMAL) return;
    if (REFUSED.includes(codeOf(event))) report("Token refused", true, true);
    else report("The live connection was lost; trying again…", true);
  }

  const client = createClient({
    url: endpoint.replace(/^http/, "ws"),
    connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
    shouldRetry: (event) => !REFUSED.includes(codeOf(event)),
    on: { connected: () => report("Live: changes show as they come"), closed },
  });

  // Not as an iterator: GraphiQL could not print what the client throws.
  const subscribe = (payload: SubscribePayload, sink: Sink<Result>) => {
    const unsubscribe = client.subscribe(payload, {
      next: (result) => sink.next(result as Result),
      error: (error) => sink.error(plain(error)),
      complete: () => sink.complete(),
    });
    const stop = () => {
      unsubscribe();
      report("");
    };
    return { unsubscribe: stop };
  };

  return {
    watch: (payload: SubscribePayload) =>
      ({ subscribe: (sink: Sink<Result>) => subscribe(payload, sink) }) as Observable<Result>,
    close() {
      isOver = true;
      void client.dispose();
    },
  };
}
