// The page at /graphiql in a browser: at the width of a desk, and at that of a phone.
//
//   TOKEN=... CHROMIUM=/usr/bin/chromium SCREENSHOTS=target/screenshots \
//     node page.mjs http://127.0.0.1:8080
//
// What it needs others to do it prints, a line each: `balance 12.50` (that is
// what a customer can spend now). All else that it prints is its report.

import { join } from 'node:path';
import { launch } from './browser.mjs';
import { arrive } from './arrive.mjs';
import { visit } from './visit.mjs';

const base = new URL(process.argv[2]).origin;
const { TOKEN: token, SCREENSHOTS: folder } = process.env;

const WIDTHS = [
  { width: 1280, height: 800, amount: '12.50' },
  { width: 390, height: 844, amount: '7.25' },
];

const browser = await launch(process.env.CHROMIUM);
try {
  await arrive(browser, { base, token });
  for (const size of WIDTHS) await visit(browser, { base, token, folder, ...size });
} catch (error) {
  console.error(error.stack);
  const page = browser.contexts().at(-1)?.pages().at(-1);
  await page?.screenshot({ path: join(folder, 'failed.png') });
  process.exitCode = 1;
} finally {
  await browser.close();
}
