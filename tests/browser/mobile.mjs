// The page of examples/mobile on a phone: a token, a list, more of it, a
// balance, and failures. It is looked at from outside only.
//
//   CHROMIUM=/usr/bin/chromium TOKEN=... SCREENSHOTS=target/screenshots \
//     node mobile.mjs http://127.0.0.1:8081 http://127.0.0.1:8080
//
// First the page, then a new gateway that lets it in and has 17 customers: the
// first with 12.34 EUR, the second without a balance.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { launch, until, watch } from './browser.mjs';

const [origin, gateway] = process.argv.slice(2);
const { CHROMIUM, TOKEN, SCREENSHOTS } = process.env;

const browser = await launch(CHROMIUM);
setTimeout(() => {
  console.error('the page is not done after two minutes');
  process.exit(1);
}, 120_000).unref();
const context = await browser.newContext({
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  locale: 'en-IE',
});
context.setDefaultTimeout(20_000);
const { problems, requests } = await watch(context);
const page = await context.newPage();

/** What the gateway was asked since the last time; a hash is always there. Nobody else was. */
const take = () =>
  requests.splice(0).flatMap((request) => {
    const url = new URL(request.url());
    if (url.origin === origin || url.protocol === 'data:') return [];
    assert.equal(url.origin + url.pathname, `${gateway}/graphql`);
    const body = request.postData();
    const { query, extensions } = body ? JSON.parse(body) : Object.fromEntries(url.searchParams);
    const { persistedQuery } = typeof extensions === 'string' ? JSON.parse(extensions) : extensions;
    assert.match(persistedQuery.sha256Hash, /^[0-9a-f]{64}$/);
    return [`${request.method()} ${query === undefined ? 'hash' : 'text'}`];
  });
/** The browser tells of the status as well, where a token is wrong. */
const isNews = (problem) => !problem.includes('401');
const picture = (name) => page.screenshot({ path: join(SCREENSHOTS, `mobile-${name}.png`) });
const across = () => page.evaluate(() => document.documentElement.scrollWidth);
const customers = page.locator('#customers > li');
const alert = page.getByRole('alert');
const connect = async (token, address = gateway) => {
  await page.getByLabel('Address').fill(address);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Show customers' }).tap();
};

// What is no token is not even sent.
await page.goto(origin);
await connect('cgw_…');
await alert.getByText('The token contains invalid characters. Copy it again.').waitFor();
assert.deepEqual(take(), []);

// A wrong token is told in words.
await connect('wrong');
await alert.getByText('does not know this token').waitFor();
await picture('390-error');
assert.deepEqual(take(), ['GET hash']);

// So is something else at an address with a path, however long that is.
const below = `${gateway}/${'cards'.repeat(12)}`;
const login = { contentType: 'text/html', body: '<h1>Log in</h1>' };
await page.route(`${below}/graphql?*`, (route) => route.fulfill(login));
await page.setViewportSize({ width: 320, height: 844 });
await connect(TOKEN, `${below}/`);
await alert.getByText(`${below}/graphql returned status 200 and text/html instead of GraphQL`).waitFor();
assert.equal(await across(), 320);
await picture('320-error');
await page.setViewportSize({ width: 390, height: 844 });
await page.unrouteAll();
requests.length = 0;

// The first time, the gateway has to be told the text. A slash, and a space that
// was copied along, do no harm.
await connect(` ${TOKEN} `, `${gateway}/`);
await customers.nth(14).waitFor();
assert.equal(await customers.count(), 15);
assert.equal(await alert.count(), 0);
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
const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const papers = new Set();
for (const width of [390, 320]) {
  await page.setViewportSize({ width, height: 844 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await across(), width);
    papers.add(await paper());
    await picture(`${width}-${colorScheme}`);
  }
}
assert.equal(papers.size, 2);

// The token is kept for the tab, and for nobody else.
await page.reload();
await customers.nth(14).waitFor();
assert.deepEqual(take(), ['GET hash']);
assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);

// Whoever connects again does not get what the connection before has asked for:
// neither its customers nor its failure.
for (const token of [TOKEN, 'wrong']) {
  let held;
  await page.route(`${gateway}/graphql?*`, (route) => { held = route; }, { times: 1 });
  await page.getByText('Gateway', { exact: true }).tap();
  await connect(token);
  await until(() => held, 'nothing is asked');
  await connect(TOKEN);
  await customers.nth(14).waitFor();
  const answered = page.waitForResponse((response) => response.request() === held.request());
  await held.continue();
  await (await answered).finished();
  // An answer later, that one has been read.
  await tap(0, '€12.34');
  assert.equal(await customers.count(), 15);
  assert.equal(await alert.count(), 0);
}
take();
assert.deepEqual(problems.splice(0).filter(isNews), []);

await browser.close();
