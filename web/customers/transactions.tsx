// The transactions of a customer: a filter and pages.

import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "./hooks.ts";
import { Cell, Money, Pager, Table, Time, TroubleNote } from "./parts.tsx";
import { TRANSACTIONS } from "./queries.ts";
import type { Card, Page, Transaction } from "./types.ts";
import { ALL_STATUSES, named } from "./words.ts";

const COLUMNS = ["Time", "Merchant", "Amount", "Charged", "Status", "Card"];
/** Changes often come in twos: an authorization, and then the balance. */
const PAUSE_MS = 500;

interface Listed {
  cardCustomer: { transactions: Page<Transaction> } | null;
}

export function Transactions({ token, id, cards, changes }: {
  token: string;
  id: string;
  cards: Card[];
  /** When this grows, the page is read again. */
  changes: number;
}) {
  const [status, setStatus] = useState<string>();
  const [page, setPage] = useState(1);
  const list = useAnswer<Listed>(TRANSACTIONS, { identifier: id, status, page }, token);
  useEffect(() => {
    // The first one is the present state.
    if (changes < 2) return;
    const timer = setTimeout(list.reload, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [changes]);

  const digits = new Map(cards.map(({ cardId, lastFour }) => [cardId, lastFour]));
  const found = list.data?.cardCustomer?.transactions;
  return (
    <section aria-labelledby="transactions">
      <h3 id="transactions">Transactions</h3>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Status
          <select value={status ?? ""} onChange={({ currentTarget: { value } }) => {
            setStatus(value || undefined);
            setPage(1);
          }}>
            <option value="">All</option>
            {ALL_STATUSES.map((one) => <option key={one} value={one}>{named(one)}</option>)}
          </select>
        </label>
      </form>
      {list.trouble && <TroubleNote trouble={list.trouble} retry={list.reload} />}
      {!found && !list.trouble && <p role="status">Loading transactions…</p>}
      {found?.nodes.length === 0 && (
        <p class="note">{status ? "No transaction has this status." : "There are no transactions yet."}</p>
      )}
      {found && found.nodes.length > 0 && (
        <Table name="Transactions" columns={COLUMNS} isBusy={list.isLoading}>
          {found.nodes.map((one) => (
            <tr key={one.transactionId} role="row">
              <Cell name="Time"><Time at={one.createdAt} /></Cell>
              <Cell name="Merchant"><Merchant of={one} /></Cell>
              <Cell name="Amount" class="amount"><Money amount={one.amount} currency={one.currency} /></Cell>
              <Cell name="Charged" class="amount"><Money amount={one.billingAmount} currency={one.billingCurrency} /></Cell>
              <Cell name="Status">{named(one.status)}</Cell>
              <Cell name="Card">{one.cardId && digits.has(one.cardId) ? `•••• ${digits.get(one.cardId)}` : "unknown"}</Cell>
            </tr>
          ))}
        </Table>
      )}
      {found && found.totalCount > 0 && (
        <Pager name="transactions" info={found.pageInfo} count={found.nodes.length} total={found.totalCount} turn={setPage} />
      )}
    </section>
  );
}

function Merchant({ of: { merchant, merchantCity, merchantCountry, type } }: { of: Transaction }) {
  const place = [merchantCity, merchantCountry].filter(Boolean).join(", ");
  const more = [type === "PURCHASE" ? "" : named(type), place].filter(Boolean).join(" · ");
  return <>{merchant ?? "unknown"}{more && <small>{more}</small>}</>;
}
