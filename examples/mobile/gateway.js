// Sends queries by their hash. The text is sent only if the gateway does not know the
// hash yet; one phone that sends it does so for all of them.

/** An error that the gateway reported; `code` says which. */
export class GatewayError extends Error {
  constructor({ message, extensions = {} }) {
    super(message);
    this.code = extensions.code;
    this.retryAfter = extensions.retryAfter;
  }
}

const hashes = new Map();

/** The SHA-256 of a query's text; computed once. */
async function hashOf(query) {
  if (!crypto.subtle) {
    throw new Error('The browser computes hashes only for pages from https:// or 127.0.0.1');
  }
  if (!hashes.has(query)) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query));
    const bytes = [...new Uint8Array(digest)];
    hashes.set(query, bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  }
  return hashes.get(query);
}

/** Sends a request. Returns the GraphQL response, whatever its status. */
async function send(url, token, init) {
  const headers = { ...init?.headers, authorization: `Bearer ${token}` };
  const response = await fetch(url, { ...init, headers }).catch((cause) => {
    const message = `${url.origin} does not answer this page: is it running, and is this page's origin in its CORS setting?`;
    throw new Error(message, { cause });
  });
  // A proxy may answer with something else, like a login page.
  const answer = await response.json().catch(() => null);
  if (answer?.data === undefined && !Array.isArray(answer?.errors)) {
    const type = response.headers.get('content-type') ?? 'nothing';
    const place = url.origin + url.pathname;
    throw new Error(`${place} returned status ${response.status} and ${type} instead of GraphQL. Is the address right?`);
  }
  return answer;
}

/** Runs a query. Returns data and errors; if there is no data, throws the first error. */
export async function ask({ url, token }, query, variables) {
  // Checked here, because `fetch` would report it as a network error.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error('The token contains invalid characters. Copy it again.');
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
  if (!data) throw new GatewayError(errors[0] ?? { message: 'The response has neither data nor an error' });
  return { data, errors: errors.map((error) => new GatewayError(error)) };
}
