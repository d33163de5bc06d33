// Links to a query: "?query=…&variables=…&operationName=…". The token is in none.

interface Linked {
  query: string;
  variables?: string;
  operationName?: string;
}

/** What the page's address asks for. It is taken out of the address bar, so that the page,
 * loaded again, shows what has become of it. */
export function takeLink(): Linked | undefined {
  const asked = new URLSearchParams(location.search);
  const query = asked.get("query");
  if (!query) return undefined;
  history.replaceState(history.state, "", location.pathname + location.hash);
  return {
    query,
    variables: asked.get("variables") ?? undefined,
    operationName: asked.get("operationName") ?? undefined,
  };
}

/** A link to a query. */
export function linkTo({ query, variables, operationName }: Linked) {
  const link = new URL(location.pathname, location.origin);
  link.searchParams.set("query", query);
  if (variables?.trim()) link.searchParams.set("variables", variables);
  if (operationName) link.searchParams.set("operationName", operationName);
  return link.href;
}
