// The client graphql-ws: a query, changes, the end of an operation, a gateway
// that stops, a wrong token.
//
//   TOKEN=... node socket.mjs http://127.0.0.1:8080/graphql
//
// What it needs others to do it prints, a line each: `balance 1.00` (that is
// what usr_1 can spend now) and `restart` (stop the gateway, and write the URL
// of the next one to standard input).

import './patience.mjs';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { COUNT, COUNTED, WATCH, WATCH_ALL, all, changes, next } from './answers.mjs';

let url = process.argv[2];
const closed = [];
const heard = [];

const connect = (token, more) =>
  createClient({
    // While the URL is a promise, no connection is tried.
    url: async () => (await url).replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    on: { closed: ({ code }) => closed.push(code), message: (message) => heard.push(message) },
    ...more,
  });
const client = connect(process.env.TOKEN, { retryWait: async () => {} });
const begin = (query) => client.iterate({ query });

// A query has one answer, a wrong one has errors.
assert.deepEqual(await all(begin(COUNT)), COUNTED);
await assert.rejects(all(begin('{ nonsense }')), ([error]) => {
  return error.extensions.code === 'GRAPHQL_VALIDATION_FAILED';
});

// The present state, and then each change.
const mine = begin(WATCH);
await changes(mine);

// The client comes back by itself to a gateway that has stopped, since it was
// told so by a code that allows it, and goes on where it was.
closed.length = 0;
url = once(createInterface({ input: process.stdin }), 'line').then(([line]) => line);
console.log('restart');
assert.equal(await next(mine), '2.00');
assert.deepEqual(closed, [1001]);
console.log('balance 3.00');
assert.equal(await next(mine), '3.00');

// An operation that has ended is not heard of again, but others on the same
// connection are. The query is answered after all that was said before it.
const everyone = begin(WATCH_ALL);
const change = next(everyone);
await mine.return();
assert.deepEqual(await all(begin(COUNT)), COUNTED);
heard.length = 0;
console.log('balance 4.00');
assert.equal(await change, '4.00');
assert.deepEqual(heard.map(({ type }) => type), ['next']);
await everyone.return();
await client.dispose();

// A wrong token is told by the protocol's code.
const stranger = connect('wrong', { retryAttempts: 0 });
await assert.rejects(all(stranger.iterate({ query: COUNT })), ({ code }) => code === 4403);
process.stdin.destroy();
