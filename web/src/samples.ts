// The tabs of the first visit; afterwards GraphiQL restores its own.

const CUSTOMERS = `# Ctrl-Enter runs this query (Mac: Cmd-Enter).
# A list takes one SQL statement, totalCount one
# more: "Show cost" tells, under extensions.

query Customers {
  cardCustomers(perPage: 10) {
    totalCount
    nodes { id email flowStatus step nextAction }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const BALANCES = `# All balances of a page take one statement more.
# Leave their fields out, and they cost nothing.

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

const ONE_CUSTOMER = `# "identifier" is below, under Variables: an
# e-mail address out of a list, or an id.

query OneCustomer($identifier: ID!) {
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

const LIVE = `# Each change of a balance, until you stop it.
# To make one: card-gateway events send --help

subscription Live {
  cardCustomersChanged {
    email availableBalance pendingBalance
    balanceFreshness balanceUpdatedAt
  }
}
`;

export const SAMPLE_TABS = [
  { query: CUSTOMERS },
  { query: BALANCES },
  { query: ONE_CUSTOMER, variables: JSON.stringify({ identifier: "" }, null, 2) },
  { query: LIVE },
];

export const NEW_TAB = "# Ctrl-Enter runs the query, Ctrl-Space completes.\n\n";
