// The cards of a customer.

import { Cell, Table, Time } from "./parts.tsx";
import type { Card } from "./types.ts";
import { named } from "./words.ts";

const COLUMNS = ["Card", "Kind", "Status", "PIN", "Created"];

export function Cards({ cards }: { cards: Card[] }) {
  return (
    <section aria-labelledby="cards">
      <h3 id="cards">Cards</h3>
      {cards.length === 0 && <p class="note">There is no card yet.</p>}
      {cards.length > 0 && (
        <Table name="Cards" columns={COLUMNS}>
          {cards.map((card) => (
            <tr key={card.cardId} role="row">
              <Cell name="Card">•••• {card.lastFour}</Cell>
              <Cell name="Kind">{named(card.cardType)}</Cell>
              <Cell name="Status">{named(card.status)}</Cell>
              <Cell name="PIN">{card.pinSet === null ? "unknown" : card.pinSet ? "set" : "not set"}</Cell>
              <Cell name="Created"><Time at={card.createdAt} to="day" /></Cell>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
