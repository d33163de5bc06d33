// Headers of one's own are sent, and kept nowhere.

import { must } from './browser.mjs';
import { inEditor, openTab, pasteJson, run } from './graphiql.mjs';

export async function headers(page) {
  await openTab(page, 'Customers');
  await pasteJson(page, 'Headers', { 'X-GraphQL-Cost': 'true', 'X-Request-Id': 'canary-header' });
  const sent = page.waitForRequest('**/graphql');
  const answer = await run(page);
  must(answer.extensions?.cost, 'the header is not sent');
  must((await sent).headers()['x-request-id'] === 'canary-header', 'another header is sent');
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  must(kept.includes('query Customers'), 'nothing is kept at all');
  must(!kept.includes('canary-header'), 'the headers are kept');
  await inEditor(page, 'Headers', async () => {
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
  });
  await inEditor(page, 'Variables', async () => {});
}
