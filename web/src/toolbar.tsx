// The buttons beside the query: GraphiQL's own, and one that copies a link.

import { pick, ToolbarButton, useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { linkTo } from "./link.ts";
import { report } from "./status.ts";

async function copy(link: string) {
  try {
    await navigator.clipboard.writeText(link);
    report("Link copied: it has the query and its variables, not the token");
  } catch {
    // Without HTTPS, browsers have no clipboard for pages.
    history.replaceState(history.state, "", link);
    report("The link is in the address bar: it has the query and its variables, not the token");
  }
}

function CopyLink() {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(
    pick("queryEditor", "variableEditor", "operationName"),
  );
  const click = () =>
    void copy(
      linkTo({
        query: queryEditor?.getValue() ?? "",
        variables: variableEditor?.getValue(),
        operationName: operationName ?? undefined,
      }),
    );
  return (
    <ToolbarButton onClick={click} label="Copy link">
      <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor"
           strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
        <path d="M6.5 9.5 9.5 6.5M7.5 4.5 9 3a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.5 11.5 7 13a2.8 2.8 0 0 1-4-4l1.5-1.5" />
      </svg>
    </ToolbarButton>
  );
}

/** GraphiQL recognises its toolbar by the component, so it cannot be wrapped in one of ours. */
export const toolbar = (
  <GraphiQL.Toolbar>
    {({ prettify, merge, copy }) => (
      <>
        {prettify}
        {merge}
        {copy}
        <CopyLink />
      </>
    )}
  </GraphiQL.Toolbar>
);
