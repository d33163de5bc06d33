// A federated graph of the gateway and a support desk's tickets: composed by The Guild's
// composition, queried through Hive Gateway.
//
//   TOKEN=... node federation.mjs http://127.0.0.1:8080/graphql subgraph.graphql ID...
//
// The file is what `card-gateway schema --federation` prints. The identifiers are those of the
// customers and cards to whom tickets belong, and one `{"customer": ..., "card": ...}` a ticket.
// It prints `ask` before the first query and `asked` behind it, so that others can count what
// the gateway does meanwhile, and waits for a line then; at the end it prints the answers.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parse } from 'graphql';
import { composeServices } from '@theguild/federation-composition';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { serve, typeDefs } from './tickets.mjs';

const [url, file, ...belongings] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const barrier = async (word) => {
  console.log(word);
  await once(lines, 'line');
};
const post = async (query, variables, token = process.env.TOKEN) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
};

// What the gateway says of itself is what the command prints.
const printed = await readFile(file, 'utf8');
const { data } = await post('{ _service { sdl } }');
const plain = (text) => parse(text, { noLocation: true }).definitions.map((one) => one.name?.value ?? one.kind).sort();
assert.deepEqual(plain(data._service.sdl), plain(printed));

const tickets = belongings.map((belongs, at) => {
  const { customer, card } = JSON.parse(belongs);
  const entity = (typeName, id) => id && { __typename: typeName, id };
  return {
    __typename: 'Ticket',
    id: `${at + 1}`,
    title: `Ticket ${at + 1}`,
    customer: entity('CardCustomer', customer),
    card: entity('Card', card),
  };
});
const composed = composeServices([
  { name: 'cards', typeDefs: parse(printed), url },
  { name: 'tickets', typeDefs: parse(typeDefs), url: await serve(tickets) },
]);
assert.deepEqual(composed.errors ?? [], []);

const router = createGatewayRuntime({
  supergraph: composed.supergraphSdl,
  logging: false,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
  },
});
const ask = async (query, token = process.env.TOKEN) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ query });
  const response = await router.fetch('http://router/graphql', { method: 'POST', headers, body });
  return response.json();
};

// From tickets to customers and cards: all of them are one call.
await barrier('ask');
const joined = await ask(
  '{ tickets { id customer { id email cardsCount openTickets } card { id lastFour } } }',
);
await barrier('asked');
console.log(JSON.stringify(joined));

// From customers to tickets.
console.log(JSON.stringify(await ask('{ cardCustomers(perPage: 3) { totalCount nodes { email openTickets } } }')));

// A caller without a token gets no customer, but what is the support desk's own.
console.log(JSON.stringify(await ask('{ tickets { title customer { email } } }', 'cgw_wrong')));

await router[Symbol.asyncDispose]();
process.exit(0);
