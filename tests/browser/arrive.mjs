// The first moments: the token's field is there before the editor is.

import { must, stranger, until } from './browser.mjs';
import { says, useToken } from './graphiql.mjs';

const DESK = { width: 1280, height: 800 };
const MAIN = /\/graphiql\/assets\/index-[^/]*\.js$/;
const EDITOR = /\/graphiql\/assets\/editor-[^/]*\.js$/;

export async function arrive(browser, { base, token }) {
  const context = await stranger(browser, DESK);
  const page = await context.newPage();

  // While the editor is on its way.
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  let isHeld = false;
  await page.route(EDITOR, async (route) => {
    isHeld = true;
    await released;
    await route.continue();
  });
  await page.goto(`${base}/graphiql`, { waitUntil: 'domcontentloaded' });
  await until(() => isHeld, 'the editor is in no file of its own');
  await useToken(page, ` Bearer ${token}\n`);
  const kept = await page.evaluate(() => sessionStorage.getItem('card-gateway.token'));
  must(kept === token, 'the token is not taken while the editor is on its way');
  must(await page.getByText('Loading GraphiQL…').isVisible(), 'nobody says that GraphiQL is coming');
  release();
  await says(page, 'Schema loaded');

  // When it does not come.
  await page.unrouteAll();
  await page.route(EDITOR, (route) => route.abort());
  await page.goto('about:blank');
  await page.goto(`${base}/graphiql`);
  await page.getByText('GraphiQL could not be loaded').waitFor();

  // When not even the bar's script comes: nobody is alarmed at once.
  await page.unrouteAll();
  await page.route(MAIN, (route) => route.abort());
  await page.goto('about:blank');
  await page.goto(`${base}/graphiql`);
  const last = page.getByText('Reload the page to try again');
  must(!(await last.isVisible()), 'before anything can have come, it is missed');
  await last.waitFor();
  await context.close();
  console.log('the token can be given before the editor is there');
}
