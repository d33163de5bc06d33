// The gateway, asked by the hashes of queries: a phone sends each text once, if
// at all, because whoever has sent it before has done so for everybody.

/** The gateway did not do what it was asked; `code` says why. */
export class GatewayError extends Error {
  constructor({ message, extensions = {} }) {
    super(message);
    this.code = extensions.code;
    this.retryAfter = extensions.retryAfter;
  }
}

const hashes = new Map();

/** The SHA-256 of a query's text, which is reckoned once. */
async function hashOf(query) {
  if (!crypto.subtle) {
    throw new Error('The browser makes hashes only for pages from https:// or from 127.0.0.1');
  }
  if (!hashes.has(query)) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query));
    const bytes = [...new Uint8Array(digest)];
    hashes.set(query, bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  }
  return hashes.get(query);
}

/** Sends a request; what the answer says, whatever its status. */
async function send(url, token, init) {
  const headers = { ...init?.headers, authorization: `Bearer ${token}` };
  const response = await fetch(url, { ...init, headers }).catch((cause) => {
    const message = `${url.origin} does not answer this page: is it running, and does it know our origin (CORS)?`;
    throw new Error(message, { cause });
  });
  // A login page, say, answers as well.
  const answer = await response.json().catch(() => null);
  if (answer?.data === undefined && !Array.isArray(answer?.errors)) {
    const type = response.headers.get('content-type') ?? 'nothing';
    const place = url.origin + url.pathname;
    throw new Error(`${place} answers with status ${response.status} and ${type}, which is no GraphQL: is the address right?`);
  }
  return answer;
}

/** Asks for data. Errors beside it come along; without it, the first one is thrown. */
export async function ask({ url, token }, query, variables) {
  // Here it can be told; `fetch` would fail as if nobody were there.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error('The token has characters that no token has. Copy it again.');
  }
  // Proxies may put a gateway below a path.
  const endpoint = new URL(url.replace(/\/*$/, '/graphql'));
  const extensions = { persistedQuery: { version: 1, sha256Hash: await hashOf(query) } };
  const short = new URL(endpoint);
  short.searchParams.set('variables', JSON.stringify(variables));
  short.searchParams.set('extensions', JSON.stringify(extensions));
  let answer = await send(short, token);
  if (answer.errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND') {
    answer = await send(endpoint, token, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables, extensions }),
    });
  }
  const { data, errors = [] } = answer;
  if (!data) throw new GatewayError(errors[0] ?? { message: 'There is neither data nor an error' });
  return { data, errors: errors.map((error) => new GatewayError(error)) };
}
