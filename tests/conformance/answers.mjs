// What both clients of subscriptions ask, and how their answers are read.

import assert from 'node:assert/strict';

export const COUNT = '{ cardCustomers { totalCount } }';
export const COUNTED = [{ data: { cardCustomers: { totalCount: 2 } } }];
export const WATCH = 'subscription { cardCustomerBalance(identifier: "usr_1") { availableBalance } }';
export const WATCH_ALL = 'subscription { cardCustomersChanged { availableBalance } }';

/** All answers until there are no more. */
export const all = async (answers) => {
  const list = [];
  for await (const answer of answers) list.push(answer);
  return list;
};

/** What a customer can spend, as the next answer has it. */
export const next = async (answers) => {
  const { value } = await answers.next();
  return Object.values(value.data)[0].availableBalance;
};

/** The present state comes first, and then each change. */
export const changes = async (mine) => {
  assert.equal(await next(mine), null);
  for (const amount of ['1.00', '2.00']) {
    console.log(`balance ${amount}`);
    assert.equal(await next(mine), amount);
  }
};
