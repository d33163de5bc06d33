// The list of customers: search, filter, pages.

import { go, linkTo, type Place } from "./address.ts";
import { Behind } from "./behind.tsx";
import { useAnswer, useLive } from "./hooks.ts";
import { Cell, Money, Pager, Table, Time, TroubleNote } from "./parts.tsx";
import { LIST, LIST_CHANGES } from "./queries.ts";
import { Search } from "./search.tsx";
import { isBalanceMissing } from "./trouble.ts";
import type { Page, Row } from "./types.ts";
import { useHeading, useReport } from "./views.ts";
import { ALL_STAGES, stageName } from "./words.ts";

const COLUMNS = ["Customer", "Stage", "Next step", "Available", "Since"];
const ORDERS = { CREATED_AT_DESC: "Newest first", CREATED_AT_ASC: "Oldest first" };

interface Listed {
  cardCustomers: Page<Row>;
}

/** The list with a changed customer in its place. */
function withChange(data: Listed | undefined, changed: Row) {
  const nodes = data?.cardCustomers.nodes;
  if (!data || !nodes?.some(({ id }) => id === changed.id)) return data;
  return {
    cardCustomers: {
      ...data.cardCustomers,
      nodes: nodes.map((row) => (row.id === changed.id ? changed : row)),
    },
  };
}

export function List({ token, place }: { token: string; place: Place }) {
  const { status, orderBy, page } = place;
  const variables = { status, orderBy, page };
  const list = useAnswer<Listed>(LIST, variables, token);
  const live = useLive<{ cardCustomersChanged: Row }>(LIST_CHANGES, { status }, token, {
    next: ({ cardCustomersChanged }) => list.replace((data) => withChange(data, cardCustomersChanged)),
    missed: list.reload,
  });
  const trouble = list.trouble ?? live.trouble;
  useReport(token, trouble, live.link);
  const heading = useHeading("Customers");
  const move = (change: Place) => go({ status, orderBy, ...change });
  const found = list.data?.cardCustomers;

  return (
    <>
      <h2 ref={heading} tabIndex={-1}>Customers</h2>
      <Search token={token} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Stage
          <select value={status ?? ""} onChange={({ currentTarget: { value } }) => move({ status: value || undefined })}>
            <option value="">All stages</option>
            {ALL_STAGES.map((stage) => <option key={stage} value={stage}>{stageName(stage)}</option>)}
          </select>
        </label>
        <label>
          Order
          <select value={orderBy ?? "CREATED_AT_DESC"} onChange={({ currentTarget: { value } }) => move({ orderBy: value })}>
            {Object.entries(ORDERS).map(([order, name]) => <option key={order} value={order}>{name}</option>)}
          </select>
        </label>
      </form>
      {trouble && <TroubleNote trouble={trouble} retry={list.reload} />}
      {!found && !trouble && <p role="status">Loading customers…</p>}
      {found && isBalanceMissing(list.errors) && (
        <p class="note">Some balances are unknown: no source can report them now.</p>
      )}
      {found?.nodes.length === 0 && (
        <p class="note">{status ? "No customer is in this stage." : "There are no customers yet."}</p>
      )}
      {found && found.nodes.length > 0 && (
        <Table name="Customers" columns={COLUMNS} isBusy={list.isLoading}>
          {found.nodes.map((row) => <CustomerRow key={row.id} row={row} />)}
        </Table>
      )}
      {found && found.totalCount > 0 && (
        <Pager name="customers" info={found.pageInfo} count={found.nodes.length} total={found.totalCount}
          turn={(page) => move({ page: page > 1 ? page : undefined })} />
      )}
      <Behind all={[
        { name: "The list", query: LIST, variables },
        { name: "Changes, live", query: LIST_CHANGES, variables: { status } },
      ]} />
    </>
  );
}

function CustomerRow({ row }: { row: Row }) {
  return (
    <tr role="row">
      <Cell name="Customer">
        <a href={linkTo({ customer: row.id })}>{row.email}</a>
        {row.externalCustomerId && <small>{row.externalCustomerId}</small>}
      </Cell>
      <Cell name="Stage">{stageName(row.flowStatus)}<small>Step {row.step} of 6</small></Cell>
      <Cell name="Next step">{row.nextAction}</Cell>
      <Cell name="Available" class="amount">
        <Money amount={row.availableBalance} currency={row.currency}
          without={row.safeDeployed ? "unknown" : "no wallet yet"} />
      </Cell>
      <Cell name="Since"><Time at={row.createdAt} to="day" /></Cell>
    </tr>
  );
}
