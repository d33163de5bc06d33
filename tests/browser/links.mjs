// Links to a query.

import { must, until } from './browser.mjs';
import { QUERY, RESULT, openTab, run, says, shows } from './graphiql.mjs';

const QUERIES = `query Linked($n: Int) { cardCustomers(perPage: $n) { nodes { id } } }
query Counted { cardCustomers { totalCount } }`;

/** A link shows its query and runs what it means; one that is copied leads to the same. */
export async function links(context, base, token) {
  const page = await context.newPage();
  const asked = new URLSearchParams({
    query: QUERIES, variables: '{"n":1}', operationName: 'Counted',
  });
  await page.goto(`${base}/graphiql?${asked}#token=${token}`);
  await says(page, 'Schema loaded');
  await shows(page, QUERY, 'query Linked');
  must(page.url() === `${base}/graphiql`, `the address stays ${page.url()}`);
  const counted = await run(page, () => byKeyboard(page));
  must(counted.data.cardCustomers.totalCount > 0, `another operation runs: ${JSON.stringify(counted)}`);
  await shows(page, RESULT, '"totalCount"');
  const one = await run(page, () => start(page, 'Linked'));
  must(one.data.cardCustomers.nodes.length === 1, 'the variables are not those of the link');

  const link = await copied(context, page, base);
  must(!link.includes(token), 'the token is in the link');
  const other = await context.newPage();
  await other.goto(link);
  await says(other, 'Schema loaded').catch(() => {});
  await shows(other, QUERY, 'query Linked');
  await other.close();
  await openTab(page, 'Customers');
  await page.close();
}

/** Runs the operation that has the cursor. */
async function byKeyboard(page) {
  await page.locator(`${QUERY} .graphiql-editor`).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
}

/** With several operations, the button asks which one. */
async function start(page, name) {
  await page.getByRole('button', { name: 'Execute query' }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

async function copied(context, page, base) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
  await page.getByRole('button', { name: 'Copy link' }).click();
  await says(page, 'Link copied');
  const link = await until(() => page.evaluate(() => navigator.clipboard.readText()), 'nothing is copied');
  const asked = new URL(link).searchParams;
  must(asked.get('query') === QUERIES, `the link has ${asked.get('query')}`);
  must(JSON.parse(asked.get('variables')).n === 1, 'the link lacks the variables');
  return link;
}
