// The tabs of the first visit; afterwards GraphiQL restores its own.

import { isPhone } from "./phone.ts";
import balances from "./samples/balances.graphql?raw";
import changes from "./samples/changes.graphql?raw";
import customers from "./samples/customers.graphql?raw";
import live from "./samples/live.graphql?raw";
import onboarding from "./samples/onboarding.graphql?raw";
import oneCustomer from "./samples/one-customer.graphql?raw";

interface Tab {
  query: string;
  variables?: string;
}

/** Comments above a query. A phone has no keys to press, and no room for long ones. */
const below = (comment: string, onPhone: string, query: string) =>
  `${isPhone ? onPhone : comment}\n\n${query}`;

const CUSTOMERS = below(
  `# Ctrl-Enter runs this query (Mac: Cmd-Enter).
# A list takes one SQL statement, totalCount one
# more: "Show cost" tells.`,
  `# "Show cost" tells what a list takes.`,
  customers,
);

const BALANCES = below(
  `# All balances of a page take one statement more.
# Leave their fields out, and they cost nothing.`,
  `# Without balances, it takes less.`,
  balances,
);

const ONE_CUSTOMER = below(
  `# The newest active customer. To find one by an id
# or by e-mail address, replace the list by
#   cardCustomer(identifier: "…") { id email }`,
  `# By an id or by e-mail address:
# cardCustomer(identifier: "…")`,
  oneCustomer,
);

const LIVE = below(
  `# Each change of a balance, until you stop it.
# To make one: card-gateway events send --help`,
  `# Each change, until you stop it.`,
  live,
);

const CHANGES = below(
  `# What has changed, oldest first. To go on, put
# endCursor into the variables, as "after".`,
  `# What has changed, oldest first.`,
  changes,
);

const ONBOARDING = below(
  `# From an e-mail address to a card with money, in
# the demo, where the identity check is passed at
# once and each code is 123456. Elsewhere these are
# steps with a person in between. For another
# customer, change both variables.`,
  `# Made for the demo. For another customer,
# change both variables.`,
  onboarding,
);

/** A new address each time: a customer can be added once. */
function newCustomer() {
  const email = `mira.${Math.random().toString(36).slice(2, 8)}@example.com`;
  return JSON.stringify({ email, customer: email }, null, 2);
}

export const SAMPLE_TABS: Tab[] = [
  ...[CUSTOMERS, BALANCES, ONE_CUSTOMER, LIVE, CHANGES].map((query) => ({ query })),
  { query: ONBOARDING, variables: newCustomer() },
];
