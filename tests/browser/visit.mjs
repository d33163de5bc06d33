// One person's visit, from the first look to the second day.

import { join } from 'node:path';
import { must, stranger, until, watch } from './browser.mjs';
import * as graphiql from './graphiql.mjs';
import { headers } from './headers.mjs';
import { leavesByKeyboard } from './keyboard.mjs';
import { links } from './links.mjs';
import { live } from './live.mjs';
import { fits, stacks, themes } from './looks.mjs';
import { onboarding } from './onboarding.mjs';
import { traffic } from './traffic.mjs';

const { QUERY, RESULT, says, shows } = graphiql;
const MOST_BYTES = 3_000_000;
const WORKERS = ['editor.worker', 'graphql.worker', 'json.worker'];

export async function visit(browser, { base, token, folder, width, height, amount }) {
  const context = await stranger(browser, { width, height });
  const seen = await watch(context);
  const page = await context.newPage();
  const shoot = (name) => page.screenshot({ path: join(folder, `${name}-${width}.png`) });

  await page.goto(`${base}/graphiql`);
  await refusals(page, seen);
  await graphiql.useToken(page, token);
  await says(page, 'Schema loaded');

  await queries(page, shoot);
  await live(page, { base, token, amount }, shoot);
  await onboarding(page);
  await shoot('onboarding');
  await headers(page, token);
  await leavesByKeyboard(page);
  await docs(page);
  await shoot('docs');
  await history(page, token);
  await themes(page, shoot);
  await fits(page, width);
  await fits(page, 320);
  await stacks(page, 900);

  const first = await loaded(page);
  await page.reload();
  await says(page, 'Schema loaded');
  const again = await anotherTab(context, base, token);
  await links(context, base, token);
  must(first.total < MOST_BYTES, `the page takes ${first.total} bytes, and may take ${MOST_BYTES}`);
  must(again.assets === 0, `${again.assets} bytes of files were sent a second time`);

  judge(seen, base, token);
  await context.close();
  await somebodyElse(browser, base, { width, height });
  console.log(`width ${width}: transfer ${first.total} bytes first, ${again.total} bytes again`);
}

/** Of all that was noted, two refused tokens are as they should be. */
function judge({ problems, requests }, base, token) {
  const isRefusal = (problem) => problem.includes('401 (Unauthorized)');
  const others = problems.filter((problem) => !isRefusal(problem));
  must(others.length === 0, others.join('\n'));
  must(problems.length === 2, `${problems.length} tokens were refused, and two are wrong`);

  const urls = requests.map((request) => request.url().split('#')[0]);
  const elsewhere = urls.filter((url) => !url.startsWith('data:') && new URL(url).origin !== base);
  must(elsewhere.length === 0, `asked elsewhere: ${elsewhere.join(' ')}`);
  must(!urls.some((url) => url.includes(token)), 'the token is in an address');
}

/** Without a token nothing is asked, nor with what can be none; a wrong one is told. */
async function refusals(page, seen) {
  await shows(page, QUERY, 'query Customers');
  must(await page.getByText('Paste an API token').isVisible(), 'nobody says what to do');
  must(await page.getByText('The demo prints its own').isVisible(), 'nobody says where the demo has its token');
  await graphiql.useToken(page, 'cgw_aBcD…');
  await says(page, 'Copy it again');
  const field = page.locator('#token');
  must((await field.getAttribute('aria-invalid')) === 'true', 'the field does not show that it is wrong');
  const asked = seen.requests.some((request) => request.url().endsWith('/graphql'));
  must(!asked, 'the gateway is asked before there is a token');

  await graphiql.useToken(page, 'wrong');
  await says(page, 'Token refused');
  must((await field.getAttribute('aria-invalid')) === 'true', 'the field does not show the refusal');
  must((await field.getAttribute('type')) === 'password', 'the token can be read');
  await page.getByRole('button', { name: 'Show the API token' }).click();
  must((await field.getAttribute('type')) === 'text', 'the token cannot be shown');
  await page.getByRole('button', { name: 'Hide the API token' }).click();
}

async function queries(page, shoot) {
  // By keyboard.
  await graphiql.openTab(page, 'Customers');
  await page.locator(`${QUERY} .monaco-editor`).first().click();
  const list = await graphiql.run(page, () => page.keyboard.press('Control+Enter'));
  const [{ email }] = list.data.cardCustomers.nodes;
  await shows(page, RESULT, email);
  must(!list.extensions?.cost, 'the cost is told without having been asked for');

  await graphiql.openTab(page, 'Balances');
  await page.getByLabel('Show cost').check();
  must(await page.getByText('Run a query to see its cost').isVisible(), 'nobody says what "Show cost" does');
  const balances = await graphiql.run(page);
  must('availableBalance' in balances.data.cardCustomers.nodes[0], 'the list has no balances');
  must(balances.extensions.cost.sqlStatements > 0, 'the cost is not told');
  const { requested, sqlStatements } = balances.extensions.cost;
  await page.getByText(`Cost ${requested}, ${sqlStatements} SQL statement`).waitFor();
  await shows(page, RESULT, '"ledgerBalance"');
  await shoot('query');

  await graphiql.openTab(page, 'OneCustomer');
  const one = await graphiql.run(page);
  const [newest] = one.data.cardCustomers.nodes;
  must(newest.email && newest.cards, `as it comes, the tab gets ${JSON.stringify(one)}`);
  await shows(page, RESULT, '"kycStatus"');
  await page.getByLabel('Show cost').uncheck();
}

/** What was sent, once all workers run that the editor needs. */
async function loaded(page) {
  let sent;
  const runs = (name) =>
    sent.paths.some((path) => path.includes(name)) &&
    page.workers().some((worker) => worker.url().includes(name));
  await until(async () => {
    sent = await traffic(page);
    return WORKERS.every(runs);
  }, `not all of these run: ${WORKERS}`);
  return sent;
}

async function docs(page) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const pane = page.locator('.graphiql-plugin');
  await pane.getByRole('link', { name: 'Query', exact: true }).first().click();
  await pane.getByText('All queries.').waitFor();
}

/** It knows what was asked, and nobody keeps the token. */
async function history(page, token) {
  await page.getByRole('button', { name: 'Show History' }).click();
  await page.locator('.graphiql-plugin').getByText('Customers', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Hide History' }).click();
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  must(kept.includes('cardCustomers'), 'the history is not kept');
  must(!kept.includes(token), 'the token is kept in localStorage');
}

/** By a link with the token; what is sent to somebody who has been here before. */
async function anotherTab(context, base, token) {
  const page = await context.newPage();
  await page.goto(`${base}/graphiql#token=${token}`);
  await says(page, 'Schema loaded');
  must(new URL(page.url()).hash === '', 'the token stays in the address bar');
  return loaded(page);
}

async function somebodyElse(browser, base, size) {
  const context = await stranger(browser, size);
  const page = await context.newPage();
  await page.goto(`${base}/graphiql`);
  must((await page.locator('#token').inputValue()) === '', 'somebody else has the token');
  await context.close();
}
