// The documents of the page. It shows them as they are here.

const ROW = `id email externalCustomerId
  flowStatus step nextAction safeDeployed
  currency availableBalance createdAt`;

export const LIST = `query Customers($status: CardCustomerStatus, $orderBy: CardCustomerOrder, $page: Int) {
  cardCustomers(status: $status, orderBy: $orderBy, page: $page, perPage: 20) {
    totalCount
    pageInfo { page perPage totalPages hasNextPage }
    nodes { ...Row }
  }
}

fragment Row on CardCustomer {
  ${ROW}
}
`;

export const LIST_CHANGES = `subscription CustomersChanged($status: CardCustomerStatus) {
  cardCustomersChanged(status: $status) { ...Row }
}

fragment Row on CardCustomer {
  ${ROW}
}
`;

export const FIND = `query FindCustomer($identifier: ID!) {
  cardCustomer(identifier: $identifier) { id }
}
`;

const WHOLE = `fragment Whole on CardCustomer {
  ${ROW}
  yativoCardId issuerFlowStatus kycStatus walletAddress
  ledgerBalance pendingBalance balanceFreshness balanceUpdatedAt
  onboarding { completedSteps }
  cards { cardId lastFour cardType status pinSet createdAt }
}
`;

export const CUSTOMER = `query Customer($identifier: ID!) {
  cardCustomer(identifier: $identifier) { ...Whole }
}

${WHOLE}`;

export const CUSTOMER_CHANGES = `subscription CustomerChanges($identifier: ID!) {
  cardCustomerBalance(identifier: $identifier) { ...Whole }
}

${WHOLE}`;

export const TRANSACTIONS = `query Transactions($identifier: ID!, $status: TransactionStatus, $page: Int) {
  cardCustomer(identifier: $identifier) {
    transactions(status: $status, page: $page, perPage: 10) {
      totalCount
      pageInfo { page perPage totalPages hasNextPage }
      nodes {
        transactionId cardId type status
        amount currency billingAmount billingCurrency
        merchant merchantCity merchantCountry createdAt
      }
    }
  }
}
`;
