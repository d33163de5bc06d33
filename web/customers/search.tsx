// Finds one customer by a whole e-mail address or identifier.

import { useEffect, useRef, useState } from "preact/hooks";
import { go } from "./address.ts";
import { ask } from "./ask.ts";
import { FIND } from "./queries.ts";

export function Search({ token }: { token: string }) {
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  async function find(event: Event) {
    event.preventDefault();
    const identifier = text.trim();
    stopping.current?.abort();
    if (!identifier) return setSaid("Type an e-mail address or an identifier first.");
    setSaid("Looking…");
    stopping.current = new AbortController();
    const { signal } = stopping.current;
    const answer = await ask<{ cardCustomer: { id: string } | null }>(FIND, { identifier }, token, signal)
      .catch(() => undefined);
    if (!answer) return;
    const id = answer.data?.cardCustomer?.id;
    if (id) go({ customer: id });
    else setSaid(answer.trouble?.text ?? `No customer has “${identifier}” as e-mail address or identifier.`);
  }

  return (
    <form role="search" class="search" onSubmit={find}>
      <label for="search">Find a customer</label>
      <input id="search" type="search" value={text} autocomplete="off" autocapitalize="off" spellcheck={false}
        aria-describedby="search-hint search-said" onInput={({ currentTarget }) => setText(currentTarget.value)} />
      <button type="submit">Find</button>
      <p id="search-hint" class="note">The whole e-mail address, or an identifier: the customer's own, or one of yours or the issuer's</p>
      <p id="search-said" role="status">{said}</p>
    </form>
  );
}
