// Wide and narrow, light and dark; screenshots of all.

import { join } from 'node:path';
import { must } from '../browser.mjs';
import { arrive, hasRows, heading, isAccessible, says } from './person.mjs';

const WIDTHS = [320, 900, 1440];
const SCHEMES = ['light', 'dark'];

export async function looks(browser, { base, token, folder }) {
  const { context, page } = await arrive(browser, base, token);
  await hasRows(page, 'Customers', 20);
  await everywhere(page, folder, 'customers');
  await page.goto(`${base}/customers#orderBy=CREATED_AT_ASC`);
  await page.getByRole('link', { name: 'customer1@example.com' }).click();
  await heading(page, 'customer1@example.com').waitFor();
  await hasRows(page, 'Transactions', 1);
  await says(page, 'Live');
  await everywhere(page, folder, 'customer');
  await context.close();
}

async function everywhere(page, folder, view) {
  const papers = new Set();
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      must(wide <= width, `in a window of ${width}, ${view} is ${wide} wide`);
      await isAccessible(page, `${view}, ${width} wide and ${colorScheme}`);
      await page.screenshot({ path: join(folder, `${view}-${width}-${colorScheme}.png`), fullPage: true });
    }
    papers.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  must(papers.size === 2, 'dark and light look the same');
}
