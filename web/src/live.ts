// Subscriptions, over a WebSocket that is opened for the first one.

import type { Observable } from "@graphiql/toolkit";
import type { ExecutionResult } from "graphql";
import { createClient, type Sink, type SubscribePayload } from "graphql-ws";
import { endpoint, failure } from "./gateway.ts";
import { report } from "./status.ts";

type Result = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

const REFUSED = [4401, 4403];

/** The code of a closed connection. */
const codeOf = (event: unknown) => (event as Partial<CloseEvent>).code ?? 0;

const isRefusal = (event: unknown) => REFUSED.includes(codeOf(event));

/** What GraphiQL is to print: GraphQL's errors as they are, and a sentence for all else. */
function plain(error: unknown) {
  if (Array.isArray(error)) return error;
  if (isRefusal(error)) return failure("Token refused");
  return failure(`The live connection was lost (${codeOf(error) || "no answer"}). Run it again.`);
}

export function connect(token: string) {
  // GraphiQL has one subscription at a time.
  let isWatching = false;

  const client = createClient({
    url: endpoint.replace(/^http/, "ws"),
    connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
    shouldRetry: (event) => !isRefusal(event),
    on: {
      connected: () => report("Live: changes show as they come"),
      closed(event) {
        if (!isWatching) return;
        if (isRefusal(event)) report("Token refused", true, true);
        else report("The live connection was lost; trying again…", true);
      },
    },
  });

  // Not as an iterator: GraphiQL could not print what the client throws.
  function subscribe(payload: SubscribePayload, sink: Sink<Result>) {
    isWatching = true;
    const unsubscribe = client.subscribe(payload, {
      next: (result) => sink.next(result as Result),
      error(error) {
        if (isWatching && !isRefusal(error)) report("");
        isWatching = false;
        sink.error(plain(error));
      },
      complete() {
        if (isWatching) report("");
        isWatching = false;
        sink.complete();
      },
    });
    return { unsubscribe };
  }

  return {
    watch: (payload: SubscribePayload) =>
      ({ subscribe: (sink: Sink<Result>) => subscribe(payload, sink) }) as Observable<Result>,
    close() {
      isWatching = false;
      void client.dispose();
    },
  };
}
