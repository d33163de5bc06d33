// How GraphiQL asks the gateway, with one token. It loads the schema again whenever
// it gets another fetcher, hence one for each token.

import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { getOperationAST, parse } from "graphql";
import { showCost } from "./cost.ts";
import { failure, post } from "./gateway.ts";
import { connect } from "./live.ts";
import { report, reportRefusal } from "./status.ts";
import { currentToken, isPossible } from "./token.ts";

const IMPOSSIBLE = "The token has characters that no token has. Copy it again.";

/** What is to be run. For a moment after a change of tabs, GraphiQL names the operation
 * of the tab before; and what is not GraphQL, the gateway finds out. */
function operationOf({ query, operationName }: FetcherParams) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}

export function fetcherWith(token: string) {
  const live = connect(token);

  const fetcher: Fetcher = async (given, { headers } = {}) => {
    if (!isPossible(token)) {
      report(IMPOSSIBLE, true, true);
      throw failure(IMPOSSIBLE);
    }
    const operation = operationOf(given);
    const params = { ...given, operationName: operation?.name?.value ?? given.operationName };
    if (operation?.operation === "subscription") return live.watch(params);

    const isIntrospection = params.operationName === "IntrospectionQuery";
    if (isIntrospection) report("Loading the schema…");
    const { code, body } = await post(params, token, headers);
    // Late answer for an older token: throwing makes GraphiQL drop it. Where there
    // is no token any more, it does so by itself.
    if (token !== currentToken()) {
      if (isIntrospection && currentToken()) throw failure("superseded");
      return body;
    }

    if (!isIntrospection) showCost(body);
    const problem = body.errors?.[0] ?? failure(`HTTP ${code}`);
    if (code === 401) {
      reportRefusal(problem.message, token);
    } else if (isIntrospection) {
      if (body.data) report("Schema loaded");
      else report(`No schema: ${problem.message}`, true);
    }
    // Otherwise GraphiQL asks again, with a variant for very old servers.
    if (isIntrospection && !body.data) throw problem;
    return body;
  };

  return { fetcher, close: live.close };
}
