// Chromium, which may speak to this machine and to nobody else.

import { chromium } from 'playwright-core';

const ALONE = [
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The browser that CHROMIUM names. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Chromium's sandbox does not work for root.
    chromiumSandbox: process.getuid() !== 0,
    args: ALONE,
  });
