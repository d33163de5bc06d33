// What the app can see, by path. The app cannot send queries of its own.

export const VIEWS = new Map([
  [
    '/me',
    `query Me($customer: ID!) {
      cardCustomer(identifier: $customer) {
        id email nextAction
        currency availableBalance pendingBalance balanceUpdatedAt
        cards { id lastFour status }
      }
    }`,
  ],
  [
    '/me/transactions',
    `query Transactions($customer: ID!) {
      cardCustomer(identifier: $customer) {
        transactions(first: 20) {
          nodes { id merchant amount currency status createdAt card { id lastFour } }
        }
      }
    }`,
  ],
]);
