// The client graphql-sse, with a connection for each operation: a query,
// changes, errors, a wrong token.
//
//   TOKEN=... node events.mjs http://127.0.0.1:8080/graphql
//
// What it needs others to do it prints, a line each: `balance 1.00` (that is
// what usr_1 can spend now).

import './patience.mjs';
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { COUNT, COUNTED, WATCH, all, changes } from './answers.mjs';

const connect = (token) =>
  createClient({
    url: process.argv[2],
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
const client = connect(process.env.TOKEN);
const begin = (query) => client.iterate({ query });

// A query has one answer.
assert.deepEqual(await all(begin(COUNT)), COUNTED);

// The present state, and then each change, until the client has seen enough.
const mine = begin(WATCH);
await changes(mine);
await mine.return();

// What cannot be had is told in one answer.
for (const [query, code] of [
  ['{ nonsense }', 'GRAPHQL_VALIDATION_FAILED'],
  [WATCH.replace('usr_1', 'nobody'), 'NOT_FOUND'],
]) {
  const [answer, ...more] = await all(begin(query));
  assert.equal(answer.errors[0].extensions.code, code);
  assert.deepEqual(more, []);
}
client.dispose();

// A wrong token is told before there are any events.
const stranger = connect('wrong');
await assert.rejects(all(stranger.iterate({ query: COUNT })), ({ response }) => response.status === 401);
