"use strict";

(() => {
  const TOKEN_KEY = "card-gateway.token";
  const TYPING_PAUSE_MS = 700;
  const CDN_PATIENCE_MS = 10_000;

  // The page lives at …/graphiql, its API next to it at …/graphql.
  const endpoint = new URL("graphql", location.origin + location.pathname).href;

  const byId = (id) => document.getElementById(id);
  const input = byId("token");
  const toggle = byId("token-toggle");
  const hint = byId("token-hint");
  const status = byId("token-status");
  const stage = byId("graphiql");

  const FIRST_CUSTOMERS = `# Ctrl-Enter runs this query (Mac: Cmd-Enter).
# Ctrl-Space completes. Docs: book on the left.

query FirstCustomers {
  cardCustomers(perPage: 10) {
    totalCount
    nodes { id email flowStatus step nextAction }
    pageInfo { hasNextPage endCursor }
  }
}
`;

  const CUSTOMER_BALANCES = `query CustomerBalances {
  cardCustomers(perPage: 10, status: ACTIVE) {
    totalCount
    nodes {
      id email flowStatus step nextAction
      ledgerBalance availableBalance pendingBalance
      balanceFreshness balanceUpdatedAt cardsCount
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

  const ONE_CUSTOMER = `# The newest active customer. To find one by an id
# or by e-mail address, replace the list by
#   cardCustomer(identifier: "…") { id email }

query OneCustomer {
  cardCustomers(perPage: 1, status: ACTIVE) {
    nodes {
      id email kycStatus walletAddress
      cards { cardId lastFour status }
      transactions(perPage: 5) {
        nodes {
          transactionId type amount currency
          status merchant createdAt
        }
      }
    }
  }
}
`;

  const LIVE_BALANCES = `# Balances as they change. Send events yourself with:
# card-gateway events send --program NAME --customer NAME

subscription LiveBalances {
  cardCustomersChanged {
    id email availableBalance pendingBalance
    balanceFreshness balanceUpdatedAt
  }
}
`;

  // Used on the first visit only; afterwards GraphiQL restores its own tabs.
  const SAMPLE_TABS = [
    { query: FIRST_CUSTOMERS },
    { query: CUSTOMER_BALANCES },
    { query: LIVE_BALANCES },
    { query: ONE_CUSTOMER },
  ];

  let token = "";

  // Accepts what people really paste: line breaks, or the whole header value.
  const cleanToken = (text) => text.trim().replace(/^bearer\s+/i, "").replace(/\s+/g, "");

  function report(text, isProblem = false) {
    hint.hidden = token !== "";
    status.textContent = text;
    status.classList.toggle("problem", isProblem);
    input.setAttribute("aria-invalid", String(isProblem));
  }

  function useToken(text) {
    const cleaned = cleanToken(text);
    if (!/^[\x21-\x7e]*$/.test(cleaned)) {
      report("The token has characters that no token has. Copy it again.", true);
      return;
    }
    if (cleaned === token) return;
    token = cleaned;
    if (token) sessionStorage.setItem(TOKEN_KEY, token);
    else sessionStorage.removeItem(TOKEN_KEY);
    report("");
    render();
  }

  // A link may carry "#token=…". Fragments never reach the server, and it is taken out
  // of the address bar so that it does not end up in a bookmark or a screenshot.
  function takeTokenFromFragment() {
    const found = /[#&]token=([^&]*)/.exec(location.hash);
    if (!found) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    let text = found[1];
    try { text = decodeURIComponent(text); } catch { /* a stray "%": take it as it stands */ }
    if (cleanToken(text)) useToken(text);
    input.value = token;
  }

  const failure = (message) => ({ errors: [{ message }] });

  async function post(params, bearer) {
    const headers = { "content-type": "application/json", accept: "application/json" };
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    let response, text;
    try {
      response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(params) });
      text = await response.text();
    } catch (error) {
      return { code: 0, body: failure(`No answer from ${endpoint} (${error.message})`) };
    }
    try {
      return { code: response.status, body: JSON.parse(text) };
    } catch {
      const start = text.trim().slice(0, 200) || "an empty body";
      return { code: response.status, body: failure(`HTTP ${response.status}, not JSON: ${start}`) };
    }
  }

  const isSubscription = (params, { documentAST } = {}) => {
    const all = documentAST?.definitions ?? [];
    const operations = all.filter((one) => one.kind === "OperationDefinition");
    const named = operations.find((one) => one.name?.value === params.operationName);
    return (named ?? operations[0])?.operation === "subscription";
  };

  // Server-sent events, one after the other. Only "next" carries anything.
  async function* events(params, bearer, signal) {
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    const body = JSON.stringify(params);
    const response = await fetch(endpoint, { method: "POST", headers, body, signal });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      yield await response.json();
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (text + value).split("\n\n");
      text = parts.pop();
      for (const part of parts) {
        const data = /^event: next\n(?:id: .*\n)?data: (.*)$/.exec(part);
        if (data) yield JSON.parse(data[1]);
      }
    }
  }

  // GraphiQL's stop button calls "return", which must not wait for the next event.
  function subscribe(params, bearer) {
    const stopping = new AbortController();
    const results = events(params, bearer, stopping.signal);
    const ended = { done: true, value: undefined };
    return {
      [Symbol.asyncIterator]() { return this; },
      async next() {
        try {
          return await results.next();
        } catch (error) {
          if (stopping.signal.aborted) return ended;
          throw error;
        }
      },
      async return() { stopping.abort(); return ended; },
    };
  }

  // One fetcher per token: GraphiQL loads the schema again whenever it gets a new one.
  const fetcherFor = (bearer) => async (params, options) => {
    if (isSubscription(params, options)) return subscribe(params, bearer);
    const isIntrospection = params.operationName === "IntrospectionQuery";
    if (isIntrospection && bearer === token) report("Loading the schema…");
    const { code, body } = await post(params, bearer);
    // Late answer for an older token: throwing makes GraphiQL drop it.
    if (bearer !== token && isIntrospection && token) throw new Error("superseded");
    if (bearer !== token) return body;

    const problem = body?.errors?.[0] ?? { message: `HTTP ${code}` };
    if (code === 401) report(bearer ? `Token refused: ${problem.message}` : problem.message, true);
    else if (isIntrospection && body?.data) report("Schema loaded");
    else if (isIntrospection) report(`No schema: ${problem.message}`, true);

    // Otherwise GraphiQL asks again, with a variant for very old servers. A plain
    // object, because it would print the stack of an Error.
    if (isIntrospection && !body?.data) throw problem;
    return body;
  };

  // GraphiQL prints a failed introspection as a result and leaves it there for good.
  function StaleErrorSweeper() {
    const { fetchError } = GraphiQL.React.useSchemaStore();
    const { responseEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
    const shown = React.useRef(null);
    React.useEffect(() => {
      if (!fetchError && responseEditor?.getValue() === shown.current) responseEditor.setValue("");
      shown.current = fetchError;
    }, [fetchError, responseEditor]);
    return null;
  }

  let root, settings;

  // schema: null means "do not introspect", undefined means "ask the fetcher".
  function render() {
    const schema = token ? undefined : null;
    const props = { ...settings, schema, fetcher: fetcherFor(token) };
    root?.render(React.createElement(GraphiQL, props, React.createElement(StaleErrorSweeper)));
  }

  function start() {
    settings = {
      defaultTabs: SAMPLE_TABS,
      defaultQuery: "# Ctrl-Enter runs the query, Ctrl-Space completes.\n\n",
      // On a phone the editor needs the room.
      defaultEditorToolsVisibility: matchMedia("(max-width: 600px)").matches ? false : "variables",
      // GraphiQL's history writes headers to localStorage, so a token must not be typed there.
      isHeadersEditorEnabled: false,
      shouldPersistHeaders: false,
      storage: GraphiQL.createLocalStorage({ namespace: "card-gateway" }),
    };
    root = ReactDOM.createRoot(stage);
    render();
  }

  function showOffline() {
    if (root) return;
    stage.replaceChildren(byId("offline").content.cloneNode(true));
    byId("offline-endpoint").textContent = endpoint;
  }

  let typing;
  const useField = () => { clearTimeout(typing); useToken(input.value); };

  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(useField, TYPING_PAUSE_MS);
  });
  input.addEventListener("blur", useField);
  byId("token-form").addEventListener("submit", (event) => { event.preventDefault(); useField(); });

  toggle.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    toggle.textContent = show ? "Hide" : "Show";
    toggle.setAttribute("aria-label", show ? "Hide the API token" : "Show the API token");
  });

  token = sessionStorage.getItem(TOKEN_KEY) ?? "";
  input.value = token;
  report("");
  takeTokenFromFragment();
  window.addEventListener("hashchange", takeTokenFromFragment);

  // A file that fails to load fires an error that does not bubble, hence "capture".
  let broken = false;
  window.addEventListener("error", (event) => {
    if (!(event.target instanceof HTMLElement)) return;
    broken = true;
    showOffline();
  }, true);
  const patience = setTimeout(showOffline, CDN_PATIENCE_MS);
  // Fires after the deferred scripts, whether they loaded or not.
  document.addEventListener("DOMContentLoaded", () => {
    clearTimeout(patience);
    if (!broken && window.React && window.ReactDOM && window.GraphiQL) start();
    else showOffline();
  });
})();
