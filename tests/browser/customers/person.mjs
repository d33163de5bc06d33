// What a person does on the page, and sees there.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { must, stranger, until, watch } from '../browser.mjs';

const DESK = { width: 1440, height: 900 };
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens the page in a new browser on a desk, by a link with the token if one is given. */
export async function arrive(browser, base, token) {
  const context = await stranger(browser, DESK);
  const seen = await watch(context);
  const page = await context.newPage();
  await page.goto(`${base}/customers${token ? `#token=${token}` : ''}`);
  return { context, page, seen };
}

export async function useToken(page, token) {
  await page.locator('#token').fill(token);
  await page.locator('#token').press('Enter');
}

export const rows = (page, name) => page.getByRole('table', { name }).locator('tbody tr');

/** Waits until a table has so many rows. */
export async function hasRows(page, name, count) {
  let found;
  await until(async () => (found = await rows(page, name).count()) === count,
    () => `the table "${name}" has ${found} rows instead of ${count}`);
}

export const heading = (page, name) => page.getByRole('heading', { level: 2, name });

export const says = (page, text) => page.locator('#status').getByText(text).waitFor();

/** Waits for an alert with a text. */
export const alarms = (page, text) => page.getByRole('alert').getByText(text).waitFor();

/** What a <dl> says of something. */
export const fact = (page, name) =>
  page.locator('.fact').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');

export async function showsFact(page, name, text) {
  let found;
  await until(async () => (found = await fact(page, name).textContent()) === text,
    () => `${name} is "${found}" instead of "${text}"`);
}

/** What axe finds wrong. The page's policy lets no script in, so it comes by the debugger. */
export async function isAccessible(page, view) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  await session.detach();
  const found = await page.evaluate(async () => {
    const { violations, passes } = await window.axe.run();
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    return { told, passes: passes.length };
  });
  must(found.passes > 10, `axe has looked at nothing of ${view}`);
  must(found.told.length === 0, `${view}: ${found.told.join('\n')}`);
}
