// What a person does on the page, and sees there.

import { until } from './browser.mjs';

export const QUERY = '.graphiql-query-editor';
export const RESULT = '.graphiql-response';

/** Lines are broken to fit, with spaces of all kinds. */
const squeezed = (text) => text.replace(/\s+/g, '');

export async function shows(page, pane, text) {
  const lines = page.locator(`${pane} .view-lines`).first();
  const complaint = `${pane} never shows ${text}`;
  await until(async () => squeezed((await lines.textContent()) ?? '').includes(squeezed(text)), complaint);
}

export async function says(page, text) {
  const status = page.locator('#status');
  const complaint = `the status line never says "${text}"`;
  await until(async () => (await status.textContent()).includes(text), complaint);
}

export async function useToken(page, text) {
  await page.locator('#token').fill(text);
  await page.locator('#token').press('Enter');
}

export async function openTab(page, name) {
  const text = new RegExp(`^${name}$`);
  await page.locator('.graphiql-tab-button', { hasText: text }).click();
  await page.locator('.graphiql-tab-active .graphiql-tab-button', { hasText: text }).waitFor();
}

export const runButton = (page) => page.getByRole('button', { name: 'Execute query' });
export const stopButton = (page) => page.getByRole('button', { name: 'Stop query' });

/** Runs the query of the open tab; the gateway's answer. */
export async function run(page, start = () => runButton(page).click()) {
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/graphql');
  await start();
  return (await answered).json();
}

/** What a person does in an editor below the query: `Variables` or `Headers`. A phone shows
 * them when they are wanted. */
export async function inEditor(page, name, act) {
  const show = page.getByRole('button', { name: 'Show editor tools' });
  const isHidden = await show.isVisible();
  if (isHidden) await show.click();
  await page.locator('.graphiql-editor-tools').getByRole('button', { name, exact: true }).click();
  await page.locator(`${TOOL} .monaco-editor`).click();
  await act(`${TOOL}`);
  if (isHidden) await page.getByRole('button', { name: 'Hide editor tools' }).click();
}

const TOOL = '.graphiql-editor-tool .graphiql-editor:not(.hidden)';

/** Replaces what an editor has. Pasted: when somebody types, the editor adds closing brackets
 * by itself. */
export const pasteJson = (page, name, value) =>
  inEditor(page, name, async (editor) => {
    const text = JSON.stringify(value);
    await page.keyboard.press('Control+A');
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true });
      document.activeElement.dispatchEvent(event);
    }, text);
    await shows(page, editor, text);
  });

export async function setTheme(page, name) {
  await page.getByRole('button', { name: 'Open settings dialog' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name, exact: true }).click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}
