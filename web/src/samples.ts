// The tabs of the first visit; afterwards GraphiQL restores its own.

import { isPhone } from "./phone.ts";

/** A phone has no keys to press, and no room for more than the query. */
const comment = (text: string, onPhone: string) => `${isPhone ? onPhone : text}\n`;

const CUSTOMERS = `${comment(
  `# Ctrl-Enter runs this query (Mac: Cmd-Enter).
# A list takes one SQL statement, totalCount one
# more: "Show cost" tells, under extensions.`,
  `# "Show cost" tells what a list takes.`,
)}
query Customers {
  cardCustomers(perPage: 10) {
    totalCount
    nodes { id email flowStatus step nextAction }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const BALANCES = `${comment(
  `# All balances of a page take one statement more.
# Leave their fields out, and they cost nothing.`,
  `# Without balances, it takes less.`,
)}
query Balances {
  cardCustomers(perPage: 10, status: ACTIVE) {
    nodes {
      email ledgerBalance
      availableBalance pendingBalance
      balanceFreshness balanceUpdatedAt
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const ONE_CUSTOMER = `# Null: nobody has this address.
# Put in one of a list, or an id.

query OneCustomer(
  $identifier: ID! = "nobody@example.com"
) {
  cardCustomer(identifier: $identifier) {
    id email kycStatus walletAddress
    availableBalance
    cards { cardId lastFour status }
    transactions(perPage: 5) {
      nodes {
        transactionId type amount currency
        status merchant createdAt
      }
    }
  }
}
`;

const LIVE = `${comment(
  `# Each change of a balance, until you stop it.
# To make one: card-gateway events send --help`,
  `# Each change, until you stop it.`,
)}
subscription Live {
  cardCustomersChanged {
    email availableBalance pendingBalance
    balanceFreshness balanceUpdatedAt
  }
}
`;

export const SAMPLE_TABS = [CUSTOMERS, BALANCES, ONE_CUSTOMER, LIVE].map((query) => ({ query }));
