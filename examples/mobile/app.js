// The page: a list that grows, and a balance for whoever is tapped on.

import { ask } from './gateway.js';

// No balances here: a list of names costs one look-up, however long it is.
const CUSTOMERS = `query Customers($first: Int!, $after: String) {
  cardCustomers(first: $first, after: $after) {
    nodes { id email flowStatus }
    pageInfo { endCursor hasNextPage }
  }
}`;
const BALANCE = `query Balance($id: ID!) {
  cardCustomer(identifier: $id) { currency availableBalance pendingBalance balanceFreshness }
}`;

/** How many customers come at once: a screen and a half. */
const FIRST = 15;

/** What people can do about a failure, by its code. */
const ADVICE = {
  UNAUTHENTICATED: 'The gateway does not know this token. Copy it again.',
  FORBIDDEN: 'This token may not do that.',
  BALANCE_UNAVAILABLE: 'The balance cannot be had now. Tap again in a minute.',
  RATE_LIMITED: 'That was too much at once.',
  UPSTREAM_UNAVAILABLE: 'The gateway is busy. Try again in a minute.',
  TIMEOUT: 'That took too long. Try again.',
};

const at = (selector, root = document) => root.querySelector(selector);
const form = at('form');
const list = at('#customers');
const more = at('#more');
const problem = at('#problem');

let connection;
let after = null;

/** What is shown of a failure. */
function advice(error) {
  const text = ADVICE[error.code] ?? error.message;
  return error.retryAfter ? `${text} Try again in ${error.retryAfter} s.` : text;
}

/** Does something, and shows how it fails, if it does. */
async function attempt(action) {
  problem.hidden = true;
  try {
    await action();
  } catch (error) {
    problem.textContent = advice(error);
    problem.hidden = false;
  }
}

/** OTP_VERIFIED, for people: otp verified. */
const words = (name) => name.toLowerCase().replaceAll('_', ' ');

/** An amount stays the text that it is; this formats it digit by digit. */
function money(amount, currency) {
  if (amount === null) return 'unknown';
  return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);
}

/** Puts names and values beside each other; a value alone takes the whole line. */
function describe(place, rows) {
  place.replaceChildren();
  for (const [name, value, style] of rows) {
    const term = document.createElement('dt');
    const description = document.createElement('dd');
    term.textContent = name;
    description.textContent = value;
    description.className = style ?? '';
    place.append(...(name ? [term, description] : [description]));
  }
}

/** Asks for the balance of a customer, who may have none. */
async function balance(id, place) {
  describe(place, [['', 'One moment…', 'wide']]);
  try {
    const { data, errors } = await ask(connection, BALANCE, { id });
    const customer = data.cardCustomer;
    if (errors.length > 0) throw errors[0];
    if (!customer?.balanceFreshness) {
      describe(place, [['', 'There is no balance yet.', 'wide']]);
      return;
    }
    const { currency, availableBalance, pendingBalance, balanceFreshness } = customer;
    describe(place, [
      ['Available', money(availableBalance, currency), 'available'],
      ['Pending', money(pendingBalance, currency)],
      ['Source', balanceFreshness === 'REALTIME' ? 'live' : 'the chain'],
    ]);
  } catch (error) {
    describe(place, [['', advice(error), 'wide']]);
  }
}

function show({ id, email, flowStatus }) {
  const item = at('#customer').content.cloneNode(true);
  at('.email', item).textContent = email;
  at('.status', item).textContent = words(flowStatus);
  const details = at('details', item);
  const place = at('dl', item);
  details.addEventListener('toggle', () => details.open && balance(id, place));
  list.append(item);
}

/** Appends the customers behind the last one, unless somebody has connected anew meanwhile. */
async function load() {
  const mine = connection;
  more.disabled = true;
  try {
    const { data } = await ask(mine, CUSTOMERS, { first: FIRST, after });
    if (mine !== connection) return;
    const { nodes, pageInfo } = data.cardCustomers;
    nodes.forEach(show);
    after = pageInfo.endCursor;
    more.hidden = !pageInfo.hasNextPage;
  } catch (error) {
    if (mine === connection) throw error;
  } finally {
    if (mine === connection) more.disabled = false;
  }
}

/** Begins with the first customers. */
async function begin() {
  const mine = Object.fromEntries(new FormData(form));
  mine.token = mine.token.trim();
  connection = mine;
  after = null;
  more.hidden = true;
  list.replaceChildren();
  await load();
  if (mine !== connection) return;
  // Only what has worked is kept, and only for this tab.
  sessionStorage.setItem('connection', JSON.stringify(connection));
  at('#connection').open = false;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(begin);
});
more.addEventListener('click', () => attempt(load));

const kept = JSON.parse(sessionStorage.getItem('connection'));
if (kept) {
  for (const [name, value] of Object.entries(kept)) form.elements[name].value = value;
  attempt(begin);
}
