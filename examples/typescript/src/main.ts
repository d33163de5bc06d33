// Prints a report on the customers of a program, then watches one of them.
//
//   GATEWAY_URL=http://127.0.0.1:8080 TOKEN=cgw_… npm start [e-mail address]

import { Gateway, GatewayError } from './gateway.js';
import {
  type CustomerBalancesQueryVariables,
  CustomerBalancesDocument,
  CustomerByEmailDocument,
  CustomerNamesDocument,
  WatchBalanceDocument,
} from './generated.js';
import { toMajor, toMinor } from './money.js';

/** How many customers of a list are shown. */
const SHOWN = 5;
/** Watching ends after this many responses, or this many milliseconds. */
const ANSWERS = 4;
const WATCHED = 10_000;

async function newest(gateway: Gateway) {
  const { data } = await gateway.ask(CustomerNamesDocument, { first: SHOWN });
  const { totalCount, nodes } = data.cardCustomers;
  console.log(`\n${totalCount} customers, the newest first`);
  for (const { email, flowStatus } of nodes) console.log(`  ${email}  ${flowStatus}`);
}

/** All customers with their balances, page by page. */
async function* balances(gateway: Gateway) {
  const page: CustomerBalancesQueryVariables = { first: 100 };
  do {
    const { data, unavailable } = await gateway.ask(CustomerBalancesDocument, page);
    if (unavailable.length > 0) console.log(`  ${unavailable.length} balances are unavailable now`);
    yield* data.cardCustomers.nodes;
    const { endCursor, hasNextPage } = data.cardCustomers.pageInfo;
    page.after = hasNextPage ? endCursor : null;
  } while (page.after !== null);
}

/** Prints balances and their sums. Returns the first customer whose balance is live. */
async function sums(gateway: Gateway): Promise<string | undefined> {
  console.log('\nBalances');
  const sums = new Map<string, bigint>();
  let shown = 0;
  let without = 0;
  let live: string | undefined;
  for await (const { email, currency, availableBalance, balanceFreshness } of balances(gateway)) {
    // Unknown is not zero.
    if (currency === null || availableBalance === null) {
      without += 1;
      continue;
    }
    sums.set(currency, (sums.get(currency) ?? 0n) + toMinor(availableBalance));
    if (balanceFreshness === 'REALTIME') live ??= email;
    if (++shown <= SHOWN) console.log(`  ${email}  ${availableBalance} ${currency}  ${balanceFreshness}`);
  }
  if (shown > SHOWN) console.log(`  and ${shown - SHOWN} more`);
  for (const [currency, sum] of [...sums].sort()) console.log(`  sum: ${toMajor(sum)} ${currency}`);
  console.log(`  without a balance: ${without}`);
  return live;
}

async function lookUp(gateway: Gateway, email: string) {
  const { data } = await gateway.ask(CustomerByEmailDocument, { email });
  const customer = data.cardCustomer;
  if (customer === null) throw new Error(`There is no customer ${email}`);
  console.log(`\n${customer.email}: ${customer.nextAction}`);
  for (const { lastFour, status } of customer.cards) console.log(`  card …${lastFour}  ${status}`);
  for (const { merchant, amount, currency, status } of customer.transactions.nodes) {
    console.log(`  ${amount} ${currency}  ${merchant ?? 'unknown merchant'}  ${status}`);
  }
}

async function watch(gateway: Gateway, email: string) {
  console.log(`\nWatching ${email}`);
  const enough = AbortSignal.timeout(WATCHED);
  let answers = 0;
  for await (const { cardCustomerBalance } of gateway.watch(WatchBalanceDocument, { email }, enough)) {
    const { availableBalance, currency, balanceUpdatedAt } = cardCustomerBalance;
    console.log(`  ${availableBalance ?? 'unknown'} ${currency ?? ''}  ${balanceUpdatedAt ?? 'now'}`);
    if (++answers === ANSWERS) break;
  }
}

async function report() {
  const { GATEWAY_URL, TOKEN } = process.env;
  if (!GATEWAY_URL || !TOKEN) throw new Error('Set GATEWAY_URL and TOKEN: the demo prints both');
  const gateway = new Gateway(GATEWAY_URL, TOKEN);
  await newest(gateway);
  const live = await sums(gateway);
  const email = process.argv[2] ?? live;
  if (email === undefined) return;
  await lookUp(gateway, email);
  await watch(gateway, email);
}

try {
  await report();
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof GatewayError ? `${error.code}: ${message}` : message);
  process.exitCode = 1;
}
