// A subscription over a WebSocket of its own. A lost connection is made again.

import { createClient } from "graphql-ws";
import { endpoint, type Variables } from "./ask.ts";
import { TOKEN_REFUSED, troubleOf, type GraphQLError, type Trouble } from "./trouble.ts";

const REFUSED = [4401, 4403];
const LONGEST_WAIT_MS = 15_000;

/** How a live view is connected. */
export type Link = "connecting" | "live" | "lost";

interface Watcher<T> {
  next(data: T, errors: GraphQLError[]): void;
  /** `again` is true if changes may have been missed since the last time. */
  link(link: Link, again: boolean): void;
  /** It has ended and is not made again. */
  end(trouble: Trouble): void;
}

const isRefusal = (event: unknown) => REFUSED.includes((event as Partial<CloseEvent>).code ?? 0);

const pause = (retries: number) =>
  new Promise<void>((resolve) =>
    setTimeout(resolve, Math.min(1000 * 2 ** retries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2)));

/** Subscribes; returns how to stop. */
export function watch<T>(query: string, variables: Variables, token: string, watcher: Watcher<T>) {
  let isOver = false;
  let wasLost = false;
  const client = createClient({
    url: endpoint.replace(/^http/, "ws"),
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: Infinity,
    retryWait: pause,
    shouldRetry: (event) => !isOver && !isRefusal(event),
    on: {
      connected() {
        if (!isOver) watcher.link("live", wasLost);
        wasLost = false;
      },
      closed(event) {
        wasLost = true;
        if (!isOver && !isRefusal(event)) watcher.link("lost", false);
      },
    },
  });
  const stop = client.subscribe<T>({ query, variables }, {
    next({ data, errors }) {
      if (!isOver && data) watcher.next(data, (errors ?? []) as GraphQLError[]);
    },
    error(problem) {
      if (isOver) return;
      isOver = true;
      if (Array.isArray(problem)) watcher.end(troubleOf(problem as GraphQLError[]));
      else if (isRefusal(problem)) watcher.end(TOKEN_REFUSED);
      else watcher.end({ kind: "away", text: "The live connection was lost." });
    },
    complete() {
      if (isOver) return;
      isOver = true;
      watcher.end({ kind: "missed", text: "The live connection has ended." });
    },
  });
  return () => {
    isOver = true;
    stop();
  };
}
