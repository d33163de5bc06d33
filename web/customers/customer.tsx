// One customer, live.

import { useState } from "preact/hooks";
import { linkTo, type Place } from "./address.ts";
import { Behind } from "./behind.tsx";
import { Cards } from "./cards.tsx";
import { useAnswer, useLive } from "./hooks.ts";
import { Onboarding } from "./onboarding.tsx";
import { Fact, Money, Time, TroubleNote } from "./parts.tsx";
import { CUSTOMER, CUSTOMER_CHANGES, TRANSACTIONS } from "./queries.ts";
import { Transactions } from "./transactions.tsx";
import { isBalanceMissing, type Trouble } from "./trouble.ts";
import type { Customer as Shown } from "./types.ts";
import { useHeading, useReport } from "./views.ts";

const GONE: Trouble = { kind: "gone", text: "There is no such customer." };

export function Customer({ token, id, back }: { token: string; id: string; back: Place }) {
  const variables = { identifier: id };
  const answer = useAnswer<{ cardCustomer: Shown | null }>(CUSTOMER, variables, token);
  // How often something has changed: the transactions are read again then.
  const [changes, setChanges] = useState(0);
  const live = useLive<{ cardCustomerBalance: Shown }>(CUSTOMER_CHANGES, variables, token, {
    next: ({ cardCustomerBalance }, errors) => {
      answer.replace(() => ({ cardCustomer: cardCustomerBalance }), errors);
      setChanges((count) => count + 1);
    },
    missed: answer.reload,
  });
  const customer = answer.data?.cardCustomer;
  const gone = answer.data && !customer ? GONE : undefined;
  const trouble = answer.trouble ?? gone ?? live.trouble;
  useReport(token, trouble, live.link);
  const heading = useHeading("Customer");

  return (
    <>
      <p><a href={linkTo(back)}>← All customers</a></p>
      <h2 ref={heading} tabIndex={-1}>{customer?.email ?? "Customer"}</h2>
      {trouble && <TroubleNote trouble={trouble} retry={answer.reload} />}
      {!answer.data && !trouble && <p role="status">Loading the customer…</p>}
      {customer && (
        <>
          <Balance customer={customer} isMissing={isBalanceMissing(answer.errors)} />
          <Onboarding customer={customer} />
          <Cards cards={customer.cards} />
          <Transactions token={token} id={customer.id} cards={customer.cards} changes={changes} />
          <Names customer={customer} />
        </>
      )}
      <Behind all={[
        { name: "The customer", query: CUSTOMER, variables },
        { name: "The customer, live", query: CUSTOMER_CHANGES, variables },
        { name: "Transactions", query: TRANSACTIONS, variables },
      ]} />
    </>
  );
}

function Balance({ customer, isMissing }: { customer: Shown; isMissing: boolean }) {
  const { currency, safeDeployed, balanceFreshness, balanceUpdatedAt } = customer;
  const onChain = balanceFreshness === "ON_CHAIN";
  const source = onChain ? "Read from the blockchain" : "Reported by the card issuer";
  const known = [customer.availableBalance, customer.pendingBalance, customer.ledgerBalance].some((amount) => amount !== null);
  return (
    <section aria-labelledby="balance">
      <h3 id="balance">Balance</h3>
      {!safeDeployed && <p>There is no wallet yet, so there is no balance.</p>}
      {safeDeployed && (
        <>
          <dl class="facts">
            <Fact name="Available"><strong><Money amount={customer.availableBalance} currency={currency} /></strong></Fact>
            <Fact name="Pending"><Money amount={customer.pendingBalance} currency={currency} /></Fact>
            <Fact name="In the wallet"><Money amount={customer.ledgerBalance} currency={currency} /></Fact>
          </dl>
          {isMissing && <p class="note">The balance is unknown: no source can report it now.</p>}
          {known && (
            <p class="note">
              {source}{balanceUpdatedAt ? <>, as of <Time at={balanceUpdatedAt} to="second" /></> : " just now"}.
              {onChain && " The blockchain does not know pending amounts."}
            </p>
          )}
        </>
      )}
    </section>
  );
}

function Names({ customer }: { customer: Shown }) {
  return (
    <section aria-labelledby="names">
      <h3 id="names">Identifiers</h3>
      <dl class="facts">
        <Fact name="Id"><code>{customer.id}</code></Fact>
        <Fact name="In your system">{customer.externalCustomerId ? <code>{customer.externalCustomerId}</code> : "none"}</Fact>
        <Fact name="At the issuer"><code>{customer.yativoCardId}</code></Fact>
        <Fact name="Wallet">{customer.walletAddress ? <code>{customer.walletAddress}</code> : customer.safeDeployed ? "unknown" : "none yet"}</Fact>
      </dl>
    </section>
  );
}
