// A small subgraph beside the gateway: a support desk's tickets. Each belongs to a customer,
// whom it knows by `id` alone; and it adds a field to customers.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { buildSchema, graphql } from 'graphql';

export const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  type Query { tickets: [Ticket!]! }
  type Ticket @key(fields: "id") { id: ID! title: String! customer: CardCustomer card: Card }
  type CardCustomer @key(fields: "id") { id: ID! openTickets: Int! }
  type Card @key(fields: "id", resolvable: false) { id: ID! }
`;

// As the router calls it.
const schema = buildSchema(`
  scalar _Any
  union _Entity = Ticket | CardCustomer
  type Query { tickets: [Ticket!]! _entities(representations: [_Any!]!): [_Entity]! }
  type Ticket { id: ID! title: String! customer: CardCustomer card: Card }
  type CardCustomer { id: ID! openTickets: Int! }
  type Card { id: ID! }
`);

/// Serves these tickets; the address.
export async function serve(tickets) {
  const entity = ({ __typename, id }) =>
    __typename === 'CardCustomer'
      ? { __typename, id, openTickets: tickets.filter(({ customer }) => customer?.id === id).length }
      : { __typename, ...tickets.find((ticket) => ticket.id === id) };
  const rootValue = {
    tickets: tickets.map((ticket) => ({
      ...ticket,
      customer: ticket.customer && entity(ticket.customer),
    })),
    _entities: ({ representations }) => representations.map(entity),
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { query: source, variables: variableValues } = JSON.parse(Buffer.concat(chunks));
    const result = await graphql({ schema, source, rootValue, variableValues });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://127.0.0.1:${server.address().port}/graphql`;
}
