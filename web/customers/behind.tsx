// The queries behind a view, for those who want to write their own.

import type { Variables } from "./ask.ts";

export interface Asked {
  name: string;
  query: string;
  variables: Variables;
}

const hasGraphiql = document.body.dataset.graphiql !== "off";

/** The query in GraphiQL, which is next to this page. The token is in no link: the tab has it. */
function graphiql({ query, variables }: Asked) {
  const asked = new URLSearchParams({ query, variables: JSON.stringify(variables, null, 2) });
  return `graphiql?${asked}`;
}

export function Behind({ all }: { all: Asked[] }) {
  return (
    <details class="behind">
      <summary>The queries behind this view</summary>
      {all.map((asked) => (
        <section key={asked.name}>
          <h3>{asked.name}</h3>
          <pre tabIndex={0} role="region" aria-label={`Query: ${asked.name}`}>{asked.query}</pre>
          <p>Variables: <code>{JSON.stringify(asked.variables)}</code></p>
          {hasGraphiql && <p><a href={graphiql(asked)} aria-label={`Open in GraphiQL: ${asked.name}`}>Open in GraphiQL</a></p>}
        </section>
      ))}
    </details>
  );
}
