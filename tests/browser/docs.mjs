// The REST reference at /docs in a browser: samples that can be run, reads that can be tried,
// routes that can be found.
//
//   TOKEN=... CHROMIUM=/usr/bin/chromium node docs.mjs http://127.0.0.1:8080

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { launch, must, stranger, until, watch } from './browser.mjs';

const base = new URL(process.argv[2]).origin;
const { TOKEN: token } = process.env;
const run = promisify(execFile);

const browser = await launch(process.env.CHROMIUM);
try {
  const context = await stranger(browser, { width: 1280, height: 800 });
  const seen = await watch(context);
  const page = await context.newPage();
  await page.goto(`${base}/docs/`);
  must(page.url() === `${base}/docs`, `/docs/ leads to ${page.url()}`);
  await samples(page);
  await trial(page);
  await search(page);
  await keyboard(page);
  await narrow(page);
  await copying(context, page);
  await smallPages(page, seen);
  const elsewhere = seen.requests.filter((request) => new URL(request.url()).origin !== base);
  must(elsewhere.length === 0, 'something is loaded from elsewhere');
  must(seen.problems.length === 0, seen.problems.join('\n'));
} catch (error) {
  console.error(error.stack);
  process.exitCode = 1;
} finally {
  await browser.close();
}

function request(page, id) {
  return page.locator(`#${id} pre.request`);
}

/** Each sample of a read runs in each language, against this host, and says the same. */
async function samples(page) {
  const commands = {
    curl: (text) => ['sh', ['-c', text]],
    Python: (text) => ['python3', ['-c', text]],
    JavaScript: (text) => ['node', ['--input-type=module', '-e', text]],
  };
  const totals = [];
  for (const [language, command] of Object.entries(commands)) {
    await page.getByLabel('Samples in').selectOption(language);
    const text = await request(page, 'listCustomers').textContent();
    must(text.includes(base) && !text.includes('$GATEWAY'), `no host in ${text}`);
    must(!text.includes(token), 'the token is in a sample');
    const [program, given] = command(text);
    const { stdout } = await run(program, given, { env: { ...process.env, TOKEN: token } });
    // Each language prints it in its own form.
    totals.push(Number(/total['"]?: (\d+)|"total":(\d+)/.exec(stdout).slice(1).find(Boolean)));
  }
  must(totals.every((total) => total === totals[0] && total > 0), `the totals are ${totals}`);
  // A body, and variables in it.
  await page.getByLabel('Samples in').selectOption('Python');
  const python = await request(page, 'createToken').textContent();
  must(python.includes(`os.environ['API_KEY']`) && python.includes('method="POST"'), python);
  await page.getByLabel('Samples in').selectOption('JavaScript');
  const javascript = await request(page, 'createToken').textContent();
  must(javascript.includes('process.env.API_KEY'), javascript);
  const shell = await request(page, 'receiveNotification').textContent();
  must(shell.includes('openssl'), 'what is no single call does not stay a command');
  await page.getByLabel('Samples in').selectOption('curl');
}

async function trial(page) {
  const form = page.locator('#listCustomers form');
  const said = form.getByRole('status');
  await form.getByRole('button', { name: 'Send' }).click();
  must((await said.textContent()).includes('Enter a token'), 'nobody says that a token is missing');
  await page.getByLabel('API token').fill(token);
  await form.getByRole('textbox').fill('/v1/card-issuer/customers?limit=1');
  await form.getByRole('button', { name: 'Send' }).click();
  await until(async () => (await said.textContent()).startsWith('200'), 'the request is not answered');
  must((await form.locator('pre').textContent()).includes('"customers": ['), 'the answer is not shown');
  const posts = await page.locator('#fundCustomer form').count();
  must(posts === 0, 'money can be sent from the reference');
}

async function search(page) {
  const box = page.getByLabel('Search');
  await box.fill('aggregate-balances');
  must(await page.locator('#aggregateBalances').isVisible(), 'the route is not found');
  must(!(await page.locator('#fundCustomer').isVisible()), 'other routes are still there');
  await box.fill('');
  must(await page.locator('#fundCustomer').isVisible(), 'the other routes do not come back');
}

/** A wide sample is scrolled by the arrow keys. */
async function keyboard(page) {
  await page.setViewportSize({ width: 480, height: 800 });
  const pre = request(page, 'listCustomers');
  await pre.focus();
  for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press('ArrowRight');
  await until(() => pre.evaluate((element) => element.scrollLeft > 0), 'the keyboard scrolls no sample');
}

async function narrow(page) {
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  must(width <= 320, `in a window of 320, the page is ${width} wide`);
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function copying(context, page) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
  await page.locator('#getCustomer').getByRole('button', { name: 'Copy' }).click();
  const copied = await until(() => page.evaluate(() => navigator.clipboard.readText()), 'nothing is copied');
  must(copied.startsWith('curl') && copied.includes(base), `this is copied: ${copied}`);
}

/** Other addresses that people open. */
async function smallPages(page, seen) {
  await page.goto(`${base}/graphql`);
  await page.getByRole('link', { name: 'GraphiQL' }).click();
  await page.waitForURL(`${base}/graphiql`);
  await page.goto(`${base}/no/such/page`);
  must(await page.getByText('Nothing is here').isVisible(), 'an unknown address has no page');
  const styled = await page.evaluate(() => getComputedStyle(document.body).maxWidth);
  must(styled !== 'none', 'the page has no style');
  await page.getByRole('link').first().click();
  await page.waitForURL(`${base}/`);
  // The browser tells of the 404 itself.
  const isMissing = (problem) => problem.includes('404');
  seen.problems = seen.problems.filter((problem) => !isMissing(problem));
}
