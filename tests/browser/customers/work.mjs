// A support desk's work: the list, a search, a customer, all of it live.

import { must, until } from '../browser.mjs';
import { QUERY, RESULT, run, says as graphiqlSays, shows } from '../graphiql.mjs';
import { arrive, fact, hasRows, heading, isAccessible, rows, says, showsFact, useToken } from './person.mjs';

const MOST_BYTES = 100_000;

export async function work(browser, { base, token, demand }) {
  const { context, page, seen } = await arrive(browser, base);
  await page.getByText('Paste your API token above').waitFor();
  await isAccessible(page, 'the page without a token');
  must(!seen.requests.some((request) => request.url().endsWith('/graphql')), 'the gateway is asked before there is a token');
  await useToken(page, ` Bearer ${token}\n`);
  await list(page);
  await search(page);
  await customer(page, demand);
  await behind(page, token);
  await keyboard(page);
  await weighs(page);
  judge(seen, base, token);
  const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie]);
  must(!kept.join().includes(token), 'the token is kept for longer than the tab');
  await context.close();
}

async function list(page) {
  await hasRows(page, 'Customers', 20);
  await says(page, 'Live');
  await page.getByText('1 to 20 of 25').waitFor();
  await isAccessible(page, 'the list');

  // What is not known is no zero.
  const row = rows(page, 'Customers').filter({ hasText: 'customer23@example.com' });
  const amount = (await row.locator('.amount .value').textContent()).trim();
  must(amount === 'unknown', `an unknown balance is shown as "${amount}"`);
  await page.getByText('Some balances are unknown').waitFor();

  // By keyboard, which does not lose its place.
  const next = page.getByRole('button', { name: 'Next' });
  await next.focus();
  await page.keyboard.press('Enter');
  await hasRows(page, 'Customers', 5);
  await page.getByText('21 to 25 of 25').waitFor();
  must(await next.evaluate((button) => button === document.activeElement), 'the button has lost the focus');
  await page.keyboard.press('Enter');
  await page.goBack();
  await hasRows(page, 'Customers', 20);

  await page.getByLabel('Stage').selectOption({ label: 'Identity check started' });
  await hasRows(page, 'Customers', 2);
  await page.reload();
  await hasRows(page, 'Customers', 2);
  await page.getByLabel('Stage').selectOption({ label: 'Wallet being set up' });
  await page.getByText('No customer is in this stage').waitFor();
  await isAccessible(page, 'an empty list');
  await page.getByLabel('Stage').selectOption({ label: 'All stages' });
  await page.getByLabel('Order').selectOption({ label: 'Oldest first' });
  await until(async () => (await rows(page, 'Customers').first().textContent()).includes('customer1@'), 'the oldest is not first');
}

async function search(page) {
  const field = page.getByRole('searchbox');
  await field.fill('nobody@example.com');
  await field.press('Enter');
  await page.getByText('No customer has “nobody@example.com”').waitFor();
  await field.fill(' customer1@EXAMPLE.com ');
  await field.press('Enter');
  await heading(page, 'customer1@example.com').waitFor();
}

async function customer(page, demand) {
  must(await heading(page, 'customer1@example.com').evaluate((one) => one === document.activeElement),
    'the heading of the new view does not have the focus');
  await says(page, 'Live');
  await hasRows(page, 'Cards', 2);
  await page.getByText('There are no transactions yet').waitFor();
  await page.getByText('Card is active').waitFor();
  must(await page.locator('.steps li').count() === 5, 'not all steps of onboarding are shown');

  await demand('balance 12.50');
  await showsFact(page, 'Available', '€12.50');
  await showsFact(page, 'Pending', '€0.00');
  await page.getByText('Reported by the card issuer, as of').waitFor();
  await demand('transaction');
  await hasRows(page, 'Transactions', 1);
  await rows(page, 'Transactions').getByText('Corner Bakery').waitFor();
  await showsFact(page, 'Available', '€9.30');
  await showsFact(page, 'Pending', '€3.20');
  await isAccessible(page, 'a customer');
  await page.getByLabel('Status').selectOption({ label: 'Declined' });
  await page.getByText('No transaction has this status').waitFor();
  await page.getByLabel('Status').selectOption({ label: 'All' });
  await hasRows(page, 'Transactions', 1);

  await page.getByRole('link', { name: 'All customers' }).click();
  await until(async () => (await rows(page, 'Customers').first().textContent()).includes('customer1@'),
    'the list is not in the order that it was left in');
  await page.getByText('€9.30').waitFor();

  // Nothing is known of this one's balance, and this one has no wallet.
  await page.getByRole('searchbox').fill('usr_23');
  await page.getByRole('button', { name: 'Find' }).click();
  await heading(page, 'customer23@example.com').waitFor();
  await showsFact(page, 'Available', 'unknown');
  await showsFact(page, 'In the wallet', 'unknown');
  await page.getByText('no source can report it now').waitFor();
  await isAccessible(page, 'a customer without a known balance');
  await page.goBack();
  await page.getByRole('link', { name: 'customer3@example.com' }).click();
  await page.getByText('There is no wallet yet').waitFor();
  await page.getByText('There is no card yet').waitFor();
  must(await fact(page, 'Available').count() === 0, 'a customer without a wallet has a balance');
}

/** The queries are shown, and can be run in GraphiQL: the tab has the token, the link has not. */
async function behind(page, token) {
  await page.getByText('The queries behind this view').click();
  await isAccessible(page, 'the queries behind a view');
  const link = page.getByRole('link', { name: 'Open in GraphiQL: The customer', exact: true });
  const address = new URL(await link.getAttribute('href'), page.url());
  must(!address.href.includes(token), 'the link has the token');
  const shown = await page.getByRole('region', { name: 'Query: The customer', exact: true }).textContent();
  const query = address.searchParams.get('query');
  must(query === shown, 'the link has another query than the one that is shown');
  const asked = { query, variables: JSON.parse(address.searchParams.get('variables')) };
  const answer = await page.request.post(new URL('graphql', page.url()).href, {
    data: asked,
    headers: { authorization: `Bearer ${token}` },
  });
  const { data } = await answer.json();
  must(data.cardCustomer.email === 'customer3@example.com', 'the query of the link is not that of the view');
  await link.click();
  await page.waitForURL('**/graphiql**');
  await graphiqlSays(page, 'Schema loaded');
  await shows(page, QUERY, 'query Customer(');
  await run(page);
  await shows(page, RESULT, '"customer3@example.com"');
  await page.goBack();
  await heading(page, 'customer3@example.com').waitFor();
}

/** From the top of the page to a customer, without a mouse. */
async function keyboard(page) {
  await page.goto(page.url().split('#')[0]);
  await hasRows(page, 'Customers', 20);
  const path = [];
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => {
      const { tagName, id, textContent } = document.activeElement;
      const { outlineStyle } = getComputedStyle(document.activeElement);
      return { name: id || textContent, tagName, isSeen: outlineStyle !== 'none' };
    });
    path.push(here.name);
    must(here.isSeen, `one cannot see that "${here.name}" has the focus`);
    if (here.tagName === 'A') break;
  }
  must(path.includes('token') && path.includes('search'), `on the way are ${path}`);
  await page.keyboard.press('Enter');
  await heading(page, path.at(-1)).waitFor();
}

/** What the browser was sent for the page, its script and its style. */
async function weighs(page) {
  const bytes = await page.evaluate(() =>
    performance.getEntries()
      .filter(({ name, transferSize }) => transferSize && new URL(name).pathname.startsWith('/customers'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
  must(bytes < MOST_BYTES, `the page takes ${bytes} bytes, and may take ${MOST_BYTES}`);
  console.log(`page of ${bytes} bytes`);
}

/** Nothing has gone wrong, nothing was asked elsewhere, and no address has the token. */
function judge({ problems, requests }, base, token) {
  must(problems.length === 0, problems.join('\n'));
  const urls = requests.map((request) => request.url());
  const elsewhere = urls.filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== base);
  must(elsewhere.length === 0, `asked elsewhere: ${elsewhere.join(' ')}`);
  must(!urls.some((url) => url.includes(token)), 'the token is in an address');
}
