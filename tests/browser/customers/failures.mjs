// What people see when something fails.

import { must, until } from '../browser.mjs';
import { alarms, arrive, hasRows, heading, isAccessible, says, useToken } from './person.mjs';

export async function failures(browser, { base, token, limited, expired, demand }) {
  await tokens(browser, base, { token, expired });
  await away(browser, base, token, demand);
  await limit(browser, limited, token);
  await noCustomer(browser, base, token);
}

async function tokens(browser, base, { token, expired }) {
  const { context, page } = await arrive(browser, base);
  await useToken(page, 'cgw_aBcD…');
  await says(page, 'Copy it again');
  const isMarked = async () => (await page.locator('#token').getAttribute('aria-invalid')) === 'true';
  must(await isMarked(), 'the field does not show that the token is wrong');
  for (const refused of ['wrong', expired]) {
    await useToken(page, '');
    await page.getByText('Paste your API token above').waitFor();
    await useToken(page, refused);
    await alarms(page, 'The token is unknown, revoked or expired');
    await says(page, 'Token refused');
    must(await isMarked(), 'the field does not show that the token is refused');
  }
  await isAccessible(page, 'a refused token');

  // Every token may read, so the gateway has no such answer for this page yet.
  const errors = [{ message: 'The caller lacks the scope `read`', extensions: { code: 'FORBIDDEN' } }];
  await page.route('**/graphql', (route) => route.fulfill({ json: { data: null, errors } }));
  await useToken(page, token);
  await alarms(page, 'The caller lacks the scope `read`');
  must((await page.getByRole('button', { name: 'Try again' }).count()) === 0, 'it offers what cannot help');
  await context.close();
}

/** While the gateway is away, the page says so and keeps what it has; then it goes on by itself. */
async function away(browser, base, token, demand) {
  const { context, page } = await arrive(browser, base, token);
  await hasRows(page, 'Customers', 20);
  await says(page, 'Live');
  await demand('away');
  await says(page, 'The live connection was lost');
  await page.getByRole('button', { name: 'Next' }).click();
  await alarms(page, 'The gateway does not answer');
  await isAccessible(page, 'a page without a gateway');
  await page.getByRole('button', { name: 'Try again' }).click();
  await alarms(page, 'The gateway does not answer');
  await demand('back');
  await says(page, 'Live');
  await hasRows(page, 'Customers', 5);
  await until(async () => (await page.getByRole('alert').count()) === 0, 'what is over is still reported');
  await context.close();
}

/** The page waits as long as the gateway says, and then goes on by itself. */
async function limit(browser, limited, token) {
  const { context, page } = await arrive(browser, limited, token);
  await hasRows(page, 'Customers', 20);
  const turn = async (name) => {
    const answered = page.waitForResponse('**/graphql');
    await page.getByRole('button', { name }).click();
    return (await answered).status() === 429;
  };
  await until(async () => (await turn('Last')) || (await turn('First')), 'there is no limit');
  await alarms(page, 'Too many requests');
  await until(async () => (await page.getByRole('alert').count()) === 0, 'it does not try again');
  await context.close();
}

/** A link to a customer who is not there. */
async function noCustomer(browser, base, token) {
  const { context, page } = await arrive(browser, base, token);
  await hasRows(page, 'Customers', 20);
  await page.goto(`${base}/customers#customer=ffffffffffffffffffffffff`);
  await alarms(page, 'There is no such customer');
  await page.getByRole('link', { name: 'All customers' }).click();
  await heading(page, 'Customers').waitFor();
  await context.close();
}
