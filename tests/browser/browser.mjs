// A browser that reaches nothing but this machine, and pages that are watched.

import { chromium } from 'playwright-core';

const PATIENCE_MS = 40_000;

export const launch = (executablePath) =>
  chromium.launch({
    executablePath,
    // Root may not have the sandbox.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
      '--no-proxy-server',
      '--disable-background-networking',
    ],
  });

/** A person who has never been here, in a window of some size. */
export async function stranger(browser, { width, height }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: 'light',
    hasTouch: width < 600,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** Notes whatever goes wrong, and whatever is asked for, on all pages of somebody. */
export async function watch(context) {
  const seen = { problems: [], requests: [] };
  context.on('request', (request) => seen.requests.push(request));
  context.on('weberror', (error) => seen.problems.push(error.error().stack));
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    seen.problems.push(`${message.text()} (${message.location().url})`);
  });
  await context.exposeFunction('reportViolation', (text) => seen.problems.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { violatedDirective, blockedURI } = event;
      window.reportViolation(`against the policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  return seen;
}

/** Waits until something holds; if it never does, says so. */
export async function until(holds, complaint) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await holds();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(typeof complaint === 'string' ? complaint : complaint());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function must(holds, complaint) {
  if (!holds) throw new Error(complaint);
}
