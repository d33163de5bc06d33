// One query to the gateway, with the token.

const PATIENCE_MS = 10_000;

/** Data and errors of a query. */
export async function ask(gateway, token, query, variables) {
  const response = await fetch(gateway.replace(/\/*$/, '/graphql'), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer = await response.json().catch(() => null);
  if (answer === null) throw new Error(`the gateway returned status ${response.status} and no JSON`);
  return answer;
}
