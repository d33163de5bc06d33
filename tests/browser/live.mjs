// Subscriptions: what is seen of them, and how they end.

import { must } from './browser.mjs';
import { RESULT, openTab, runButton, says, shows, stopButton, useToken } from './graphiql.mjs';

/** A change is seen when it happens; stopping closes the connection. */
export async function live(page, { base, token, amount }, shoot) {
  await openTab(page, 'Live');
  const socket = await start(page);
  must(socket.url().replace('ws', 'http').startsWith(base), `a socket to ${socket.url()}`);
  const change = () => {
    console.log(`balance ${amount}`);
    return shows(page, RESULT, `"availableBalance": "${amount}"`);
  };
  // Once more, should the first have come before the gateway listened for us.
  await change().catch(change);
  await isList(page);
  await shoot('live');

  await closes(socket, () => stopButton(page).click());
  await runButton(page).waitFor();
  const status = await page.locator('#status').textContent();
  must(status === '', `when nobody watches any more, the status line says "${status}"`);

  await another(page, token);
  await revoked(page);
}

/** Each event has its time; the newest comes first. */
async function isList(page) {
  const lines = page.locator(`${RESULT} .view-lines`).first();
  const text = (await lines.textContent()).replace(/\s+/g, '');
  must(/"events":\[\{"at":"\d\d:\d\d:\d\d\.\d{3}","data"/.test(text), `no list of events: ${text}`);
}

async function start(page) {
  const opened = page.waitForEvent('websocket');
  await runButton(page).click();
  const socket = await opened;
  await says(page, 'Live');
  return socket;
}

async function closes(socket, act) {
  const closed = socket.waitForEvent('close');
  await act();
  await closed;
}

/** Nothing goes on with a token that is in the field no more. */
async function another(page, token) {
  const socket = await start(page);
  await closes(socket, () => useToken(page, 'another'));
  await says(page, 'Token refused');
  await runButton(page).waitFor();
  await useToken(page, token);
  await says(page, 'Schema loaded');
}

/** The gateway tells with the next change that a token was revoked. */
async function revoked(page) {
  await page.routeWebSocket('**/graphql', (socket) => {
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onMessage((text) => {
      const { type, id } = JSON.parse(text);
      const refusal = { message: 'Not any more', extensions: { code: 'UNAUTHENTICATED' } };
      if (type === 'connection_init') send({ type: 'connection_ack' });
      if (type === 'subscribe') send({ id, type: 'error', payload: [refusal] });
    });
  });
  await runButton(page).click();
  await says(page, 'Token refused: Not any more');
  await shows(page, RESULT, 'UNAUTHENTICATED');
  const mark = await page.locator('#token').getAttribute('aria-invalid');
  must(mark === 'true', 'the field does not show that the token was revoked');
}
