// A server between an app and the gateway. The app signs in here, and sees one customer: the
// one who has signed in. Only this process has the token, which sees all of them.

import { createServer } from 'node:http';
import { ask } from './gateway.mjs';
import { VIEWS } from './views.mjs';

const { GATEWAY_URL, TOKEN, SESSIONS, PORT = '3000' } = process.env;
if (!GATEWAY_URL || !TOKEN || !SESSIONS) {
  console.error('Set GATEWAY_URL and TOKEN (the demo prints both), and SESSIONS');
  process.exit(1);
}

/** Stands for your own sign-in: the customer of each session. */
const customers = new Map(Object.entries(JSON.parse(SESSIONS)));

const failed = (status, code) => ({ status, body: { error: code } });

/** The answer to a request: a view's name is its path. */
async function answer({ method, url, headers }) {
  const view = VIEWS.get(new URL(url, 'http://localhost').pathname);
  if (!view) return failed(404, 'NOT_FOUND');
  if (method !== 'GET') return failed(405, 'METHOD_NOT_ALLOWED');
  const session = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  const customer = customers.get(session);
  if (!customer) return failed(401, 'UNAUTHENTICATED');
  // The customer comes from the session, never from the app.
  const { data, errors } = await ask(GATEWAY_URL, TOKEN, view, { customer });
  if (!data?.cardCustomer) return failed(502, errors?.[0]?.extensions?.code ?? 'NOT_FOUND');
  const unavailable = (errors ?? []).map(({ path }) => path.at(-1));
  return { status: 200, body: { ...data.cardCustomer, unavailable } };
}

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request).catch((error) => {
    // For our log; an app is told no more than that it has to try again.
    console.error(error.message);
    return failed(502, 'UPSTREAM_UNAVAILABLE');
  });
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
