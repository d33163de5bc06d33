// The page at /customers in a browser: what a support desk does there, and what it sees when
// something fails.
//
//   TOKEN=... EXPIRED=... LIMITED=http://127.0.0.1:8081 \
//     CHROMIUM=/usr/bin/chromium SCREENSHOTS=target/screenshots node page.mjs http://127.0.0.1:8080
//
// What it needs others to do it prints, a line each, and waits for a line on its standard
// input: `balance 12.50` (that is what the customer usr_1 can spend now), `transaction`
// (usr_1 pays at "Corner Bakery"), `away` (the gateway is not there), `back` (it is).

import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch } from '../browser.mjs';
import { failures } from './failures.mjs';
import { looks } from './looks.mjs';
import { work } from './work.mjs';

const base = new URL(process.argv[2]).origin;
const { TOKEN: token, EXPIRED: expired, LIMITED: limited, SCREENSHOTS: folder } = process.env;

const replies = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Asks for something to be done, and waits until it is. */
async function demand(what) {
  console.log(what);
  await replies.next();
}

const browser = await launch(process.env.CHROMIUM);
try {
  await work(browser, { base, token, demand });
  await failures(browser, { base, token, limited, expired, demand });
  await looks(browser, { base, token, folder });
} catch (error) {
  console.error(error.stack);
  const page = browser.contexts().at(-1)?.pages().at(-1);
  await page?.screenshot({ path: join(folder, 'customers-failed.png') });
  process.exitCode = 1;
} finally {
  await browser.close();
  process.stdin.destroy();
}
