// The page: a list that grows, and the balance of the customer that the user taps.

import { ask } from './gateway.js';

// No balances here: a list of names costs one SQL statement, however long it is.
const CUSTOMERS = `query Customers($first: Int!, $after: String) {
  cardCustomers(first: $first, after: $after) {
    nodes { id email flowStatus }
    pageInfo { endCursor hasNextPage }
  }
}`;
const BALANCE = `query Balance($id: ID!) {
  cardCustomer(identifier: $id) { currency availableBalance pendingBalance balanceFreshness }
}`;

/** Page size: a screen and a half. */
const FIRST = 15;

/** What the user can do about an error, by its code. */
const ADVICE = {
  UNAUTHENTICATED: 'The gateway does not know this token. Copy it again.',
  FORBIDDEN: 'This token does not allow that.',
  BALANCE_UNAVAILABLE: 'The balance is unavailable now. Tap again in a minute.',
  RATE_LIMITED: 'Too many requests.',
  UPSTREAM_UNAVAILABLE: 'The gateway is busy. Try again in a minute.',
  TIMEOUT: 'The request took too long. Try again.',
};

const at = (selector, root = document) => root.querySelector(selector);
const form = at('form');
const list = at('#customers');
const more = at('#more');
const problem = at('#problem');

let connection;
let after = null;

/** The text shown for an error. */
function advice(error) {
  const text = ADVICE[error.code] ?? error.message;
  return error.retryAfter ? `${text} Try again in ${error.retryAfter} s.` : text;
}

/** Runs an action and shows its error, if it fails. */
async function attempt(action) {
  problem.hidden = true;
  try {
    await action();
  } catch (error) {
    problem.textContent = advice(error);
    problem.hidden = false;
  }
}

/** OTP_VERIFIED as words: otp verified. */
const words = (name) => name.toLowerCase().replaceAll('_', ' ');

/** Formats an amount, which stays a string: no digit is lost. */
function money(amount, currency) {
  if (amount === null) return 'unknown';
  return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);
}

/** Shows rows of name and value; a value without a name takes the whole line. */
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

/** Loads and shows the balance of a customer, who may have none. */
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
      ['Source', balanceFreshness === 'REALTIME' ? 'live' : 'blockchain'],
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

/** Appends the next page, unless the user has connected again in the meantime. */
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

/** Shows the first page. */
async function begin() {
  const mine = Object.fromEntries(new FormData(form));
  mine.token = mine.token.trim();
  connection = mine;
  after = null;
  more.hidden = true;
  list.replaceChildren();
  await load();
  if (mine !== connection) return;
  // Stored only after it has worked, and only for this tab.
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
