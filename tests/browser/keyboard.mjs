// The keyboard alone is enough to leave an editor.

import { must } from './browser.mjs';
import { QUERY } from './graphiql.mjs';

/** Where the focus is: in the text of an editor, and in which pane. */
const focus = (page) =>
  page.evaluate(() => ({
    types: document.activeElement.matches('textarea, .native-edit-context'),
    inQuery: document.activeElement.closest('.graphiql-query-editor') !== null,
  }));

export async function leavesByKeyboard(page) {
  const hint = page.getByText('Escape leaves the editor');
  await page.locator(`${QUERY} .monaco-editor`).first().click();
  must((await focus(page)).types, 'the editor does not get the focus');
  must(await hint.isVisible(), 'nobody says how to leave the editor');
  await page.keyboard.press('Escape');
  const left = await focus(page);
  must(!left.types && left.inQuery, `Escape leads to ${JSON.stringify(left)}`);
  must(!(await hint.isVisible()), 'the hint stays when the editor is left');
  // Tab goes on from there, and Enter comes back.
  await page.keyboard.press('Enter');
  must((await focus(page)).types, 'Enter does not lead back into the editor');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  must(!(await focus(page)).types, 'the tab key leads into an editor');
}
