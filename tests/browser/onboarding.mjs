// The sample that takes a customer from an e-mail address to a card with money.

import { must } from './browser.mjs';
import { RESULT, openTab, run, shows } from './graphiql.mjs';

export async function onboarding(page) {
  await openTab(page, 'Onboarding');
  const { data, errors } = await run(page);
  must(!errors, `the steps fail: ${JSON.stringify(errors)}`);
  must(data.createVirtualCard.card.status === 'ACTIVE', 'there is no card');
  const { cardFunding, cardCustomer } = data.fundCardCustomer;
  must(cardFunding.status === 'SUCCEEDED', 'the card is not funded');
  must(Number(cardCustomer.availableBalance) > 0, `the balance is ${cardCustomer.availableBalance}`);
  must(cardCustomer.cardsCount === 1, 'the card is not counted');
  await shows(page, RESULT, '"onboardCardCustomer"');
}
