// Small parts that the views share.

import type { ComponentChildren } from "preact";
import type { PageInfo } from "./types.ts";
import type { Trouble } from "./trouble.ts";
import { day, minute, money, number, second } from "./words.ts";

/** What went wrong, with a way to try again. */
export function TroubleNote({ trouble, retry }: { trouble: Trouble; retry: () => void }) {
  const canRetry = trouble.kind !== "token" && trouble.kind !== "scope" && trouble.kind !== "gone";
  return (
    <div class="trouble" role="alert">
      <p>{trouble.text}</p>
      {canRetry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

/** An amount; what is not known is never shown as zero. */
export function Money({ amount, currency, without = "unknown" }: {
  amount: string | null;
  currency: string | null;
  without?: string;
}) {
  if (amount === null) return <span class="unknown">{without}</span>;
  return <span class="money">{money(amount, currency)}</span>;
}

const FORMATS = { day, minute, second };

export function Time({ at, to = "minute" }: { at: string; to?: keyof typeof FORMATS }) {
  return <time dateTime={at} title={at}>{FORMATS[to](at)}</time>;
}

/** A name and its value in a <dl>. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{name}</dt><dd>{children}</dd></div>;
}

/** A table whose rows are stacked where it does not fit. The roles keep it a table for screen
 * readers then. */
export function Table({ name, columns, children, isBusy }: {
  name: string;
  columns: string[];
  children: ComponentChildren;
  isBusy?: boolean;
}) {
  return (
    <table role="table" aria-label={name} aria-busy={isBusy ? "true" : undefined}>
      <thead role="rowgroup">
        <tr role="row">{columns.map((column) => <th key={column} role="columnheader" scope="col">{column}</th>)}</tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  );
}

export function Cell({ name, children, ...more }: { name: string; class?: string; children: ComponentChildren }) {
  return (
    <td role="cell" {...more}>
      <span class="name" aria-hidden="true">{name}</span>
      <span class="value">{children}</span>
    </td>
  );
}

/** Where in a list one is, and the ways to its other pages. */
export function Pager({ name, info, count, total, turn }: {
  name: string;
  info: PageInfo;
  count: number;
  total: number;
  turn: (page: number) => void;
}) {
  const first = (info.page - 1) * info.perPage + 1;
  // A page can be left without items when some are gone.
  const range = count > 0 ? `${number(first)} to ${number(first + count - 1)}` : "None here";
  const last = Math.max(info.totalPages, 1);
  // Not disabled: a disabled button would lose the focus.
  const button = (text: string, page: number, isPossible: boolean) => (
    <button type="button" aria-disabled={isPossible ? undefined : "true"} onClick={() => isPossible && turn(page)}>
      {text}
    </button>
  );
  return (
    <nav class="pager" aria-label={`Pages of ${name}`}>
      <p role="status">{range} of {number(total)}</p>
      {last > 1 && <>
        {button("First", 1, info.page > 1)}
        {button("Previous", info.page - 1, info.page > 1)}
        <span>Page {number(info.page)} of {number(last)}</span>
        {button("Next", info.page + 1, info.hasNextPage)}
        {button("Last", last, info.page < last)}
      </>}
    </nav>
  );
}
