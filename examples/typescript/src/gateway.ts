// The gateway, asked with typed operations: what comes back has the type of what
// was asked.

import { createClient } from 'graphql-sse';
import type { TypedDocumentString } from './generated.js';

/** How often a request is sent that comes too early. */
const PATIENCE = 5;

/** One of the errors of an answer. Programs decide by `code`, never by `message`. */
type Problem = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryAfter?: number };
};

/** What the gateway answers. */
type Answer<Data> = { readonly data?: Data | null; readonly errors?: readonly Problem[] };

/** Data that is there; where `unavailable` points, a balance is null because nobody knows it now. */
export type Found<Data> = { readonly data: Data; readonly unavailable: readonly string[] };

/** The gateway did not do what it was asked. */
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
    // Here it can be told; `fetch` would fail as if nobody were there.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new Error('The token has characters that no token has. Copy it again.');
    }
    // Proxies may put a gateway below a path.
    this.#url = host.replace(/\/*$/, '/graphql');
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Asks once; whoever is too fast waits as long as the gateway says. */
  async ask<Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Found<Data>> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: operation.toString(), variables });
    const response = await patiently(() =>
      fetch(this.#url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) }),
    ).catch((cause) => {
      throw new Error(`Nobody answers at ${this.#url}: is the gateway running there?`, { cause });
    });
    return found(await read<Data>(response));
  }

  /** Each answer of a subscription, until it is over or `signal` says so. */
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

/** Sends a request, and again when it was too early. */
async function patiently(send: () => Promise<Response>): Promise<Response> {
  for (let sent = 1; ; sent += 1) {
    const response = await send();
    if (response.status !== 429 || sent === PATIENCE) return response;
    await response.body?.cancel();
    const seconds = Number(response.headers.get('retry-after')) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }
}

/** The body says more than the status; but a login page, say, answers as well. */
async function read<Data>(response: Response): Promise<Answer<Data>> {
  const answer = (await response.json().catch(() => null)) as Answer<Data> | null;
  if (answer === null || (answer.data === undefined && !Array.isArray(answer.errors))) {
    const type = response.headers.get('content-type') ?? 'nothing';
    throw new Error(
      `${response.url} answers with status ${response.status} and ${type}, which is no GraphQL: is that the gateway's address?`,
    );
  }
  return answer;
}

/** What an answer holds. An unknown balance is no reason to have nothing; all else is. */
function found<Data>({ data, errors = [] }: Answer<Data>): Found<Data> {
  const unavailable: string[] = [];
  for (const problem of errors) {
    if (problem.extensions?.code !== 'BALANCE_UNAVAILABLE') throw new GatewayError(problem);
    unavailable.push((problem.path ?? []).join('.'));
  }
  if (data == null) throw new GatewayError({ message: 'There is neither data nor an error' });
  return { data, unavailable };
}
