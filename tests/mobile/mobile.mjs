// The page of examples/mobile on a phone: a token, a list, more of it, a
// balance, and failures. It is looked at from outside only.
//
//   CHROMIUM=/usr/bin/chromium TOKEN=... node mobile.mjs ../../examples/mobile .
//
// It prints the page's origin, and reads the URL of a new gateway that lets it in
// and has 17 customers: the first with 12.34 EUR, the second without a balance.
// Pictures go into the folder that comes last.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

const [folder, pictures] = process.argv.slice(2);
setTimeout(() => {
  console.error('the page is not done after 60 s');
  process.exit(1);
}, 60_000).unref();

const { server, origin } = await serve(folder);
const reply = once(createInterface({ input: process.stdin }), 'line');
console.log(`origin ${origin}`);
const [gateway] = await reply;

const browser = await launch();
const page = await browser.newPage({
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  locale: 'en-IE',
});
page.setDefaultTimeout(20_000);

const asked = [];
const elsewhere = [];
const complaints = [];
page.on('request', (request) => {
  const url = new URL(request.url());
  if (url.origin === gateway) asked.push({ method: request.method(), url, body: request.postData() });
  else if (url.origin !== origin && url.protocol !== 'data:') elsewhere.push(request.url());
});
page.on('pageerror', (error) => complaints.push(error.message));
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));

/** The requests since the last time; a hash is always there. */
const take = () =>
  asked.splice(0).map(({ method, url, body }) => {
    const { query, extensions } = body ? JSON.parse(body) : Object.fromEntries(url.searchParams);
    const { persistedQuery } = typeof extensions === 'string' ? JSON.parse(extensions) : extensions;
    assert.match(persistedQuery.sha256Hash, /^[0-9a-f]{64}$/);
    assert.equal(url.pathname, '/graphql');
    return `${method} ${query === undefined ? 'hash' : 'text'}`;
  });
const picture = (name) => page.screenshot({ path: `${pictures}/${name}.png` });
const customers = page.locator('#customers > li');
const connect = async (token) => {
  await page.getByLabel('Address').fill(gateway);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Show customers' }).tap();
};

// A wrong token is told in words. The browser tells of the status as well.
await page.goto(origin);
await connect('wrong');
await page.getByRole('alert').getByText('does not know this token').waitFor();
await picture('mobile-390-error');
assert.deepEqual(take(), ['GET hash']);
assert.deepEqual(complaints.splice(0).filter((text) => !text.includes('401')), []);

// The first time, the gateway has to be told the text.
await connect(process.env.TOKEN);
await customers.nth(14).waitFor();
assert.equal(await customers.count(), 15);
assert.equal(await page.getByRole('alert').count(), 0);
assert.deepEqual(take(), ['GET hash', 'POST text']);

// From then on the hash is enough.
const more = page.getByRole('button', { name: 'Load more' });
await more.tap();
await customers.nth(16).waitFor();
assert.equal(await customers.count(), 17);
assert.equal(await more.count(), 0);
assert.deepEqual(take(), ['GET hash']);
const names = await customers.locator('.email').allTextContents();
assert.equal(new Set(names).size, 17);

// Balances come when somebody taps: for one, who has been asked for, at a time.
const tap = async (number, text) => {
  await customers.nth(number).locator('summary').tap();
  await customers.nth(number).getByText(text).waitFor();
};
await page.evaluate(() => scrollTo(0, 0));
await tap(0, '€12.34');
assert.deepEqual(take(), ['GET hash', 'POST text']);
await tap(1, 'There is no balance yet.');
assert.deepEqual(take(), ['GET hash']);

// It fits: nothing is cut off at the side, in the light and in the dark.
const width = () => page.evaluate(() => document.documentElement.scrollWidth);
assert.equal(await width(), 390);
await picture('mobile-390');
const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await paper();
await page.emulateMedia({ colorScheme: 'dark' });
assert.notEqual(await paper(), light);
await picture('mobile-390-dark');

// The token is kept for the tab, and for nobody else.
await page.reload();
await customers.nth(14).waitFor();
assert.deepEqual(take(), ['GET hash']);
assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);

assert.deepEqual(elsewhere, []);
assert.deepEqual(complaints, []);
await browser.close();
server.close();
process.stdin.destroy();
