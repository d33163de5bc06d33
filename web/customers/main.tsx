// The page at /customers: who the customers are and what they have, without queries.

import "../src/page.css";
import "./customers.css";
import "../src/bar.ts";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { report } from "../src/status.ts";
import { isPossible } from "../src/token.ts";
import { usePlace, type Place } from "./address.ts";
import { Customer } from "./customer.tsx";
import { useToken } from "./hooks.ts";
import { List } from "./list.tsx";

function Page() {
  const token = useToken();
  const place = usePlace();
  // The list that a customer was opened from.
  const back = useRef<Place>({});
  if (!place.customer) back.current = place;
  if (token === "") return <Welcome />;
  if (!isPossible(token)) return <Impossible />;
  const { customer } = place;
  // Nothing of one token's answers is shown with another.
  if (customer) return <Customer key={`${token} ${customer}`} token={token} id={customer} back={back.current} />;
  return <List key={token} token={token} place={place} />;
}

function Welcome() {
  useEffect(() => report(""), []);
  return (
    <>
      <h2>Customers</h2>
      <p>Paste your API token above to see the customers of your card program: their balances, cards and transactions, and what they have to do next.</p>
    </>
  );
}

function Impossible() {
  const text = "The token has characters that no token has. Copy it again.";
  useEffect(() => report(text, true, true), []);
  return <><h2>Customers</h2><p>{text}</p></>;
}

const stage = document.getElementById("customers")!;
stage.replaceChildren();
render(<Page />, stage);
