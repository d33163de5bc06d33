// Sends typed operations to the gateway; the result has the operation's type.

import { createClient } from 'graphql-sse';
import type { TypedDocumentString } from './generated.js';

/** How many times a request is sent that exceeds the rate limit. */
const ATTEMPTS = 5;

/** An error of a response. Decide by `code`, never by `message`. */
type Problem = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryAfter?: number };
};

/** A response of the gateway. */
type Answer<Data> = { readonly data?: Data | null; readonly errors?: readonly Problem[] };

/** The data, and the paths of balances that are null because they are unavailable now. */
export type Found<Data> = { readonly data: Data; readonly unavailable: readonly string[] };

/** An error that the gateway reported. */
export class GatewayError extends Error {
  readonly code: string;

  constructor({ message, extensions }: Problem) {
    super(message);
    this.code = extensions?.code ?? 'UNKNOWN';
  }
}

export class Gateway {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(host: string, token: string) {
    // Checked here, because `fetch` would report it as a network error.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new Error('The token contains invalid characters. Copy it again.');
    }
    // Proxies may put a gateway below a path.
    this.#url = host.replace(/\/*$/, '/graphql');
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Runs an operation. Waits and tries again if it exceeds the rate limit. */
  async ask<Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Found<Data>> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: operation.toString(), variables });
    const response = await patiently(() =>
      fetch(this.#url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) }),
    ).catch((cause) => {
      throw new Error(`There is no answer from ${this.#url}. Is the gateway running?`, { cause });
    });
    return found(await read<Data>(response));
  }

  /** Each response of a subscription, until it ends or `signal` aborts it. */
  async *watch<Data, Variables extends Record<string, unknown>>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): AsyncGenerator<Data> {
    const fetchFn: typeof fetch = (url, init) => patiently(() => fetch(url, init));
    const client = createClient({ url: this.#url, headers: this.#headers, fetchFn });
    const answers = client.iterate<Data>({ query: operation.toString(), variables });
    signal.addEventListener('abort', () => answers.return?.());
    for await (const answer of answers) yield found(answer as Answer<Data>).data;
  }
}

/** Sends a request, and again after a wait if it exceeds the rate limit. */
async function patiently(send: () => Promise<Response>): Promise<Response> {
  for (let sent = 1; ; sent += 1) {
    const response = await send();
    if (response.status !== 429 || sent === ATTEMPTS) return response;
    await response.body?.cancel();
    const seconds = Number(response.headers.get('retry-after')) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }
}

/** Reads the body, which says more than the status. It may be no JSON at all, like a login page. */
async function read<Data>(response: Response): Promise<Answer<Data>> {
  const answer = (await response.json().catch(() => null)) as Answer<Data> | null;
  if (answer === null || (answer.data === undefined && !Array.isArray(answer.errors))) {
    const type = response.headers.get('content-type') ?? 'nothing';
    throw new Error(
      `${response.url} returned status ${response.status} and ${type} instead of GraphQL. Is this the gateway's address?`,
    );
  }
  return answer;
}

/** The data of a response. An unavailable balance is no failure; every other error is thrown. */
function found<Data>({ data, errors = [] }: Answer<Data>): Found<Data> {
  const unavailable: string[] = [];
  for (const problem of errors) {
    if (problem.extensions?.code !== 'BALANCE_UNAVAILABLE') throw new GatewayError(problem);
    unavailable.push((problem.path ?? []).join('.'));
  }
  if (data == null) throw new GatewayError({ message: 'The response has neither data nor an error' });
  return { data, unavailable };
}
