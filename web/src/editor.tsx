// GraphiQL itself, below the bar.

// What GraphiQL would load by itself a moment later.
import "monaco-graphql/esm/monaco-editor.js";
import "monaco-graphql/esm/lite.js";
import "./workers.ts";
import "./theme.ts";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./editor.css";

import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { createLocalStorage, type Storage } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { fetcherWith } from "./fetcher.ts";
import { EscapeLeaves } from "./keyboard.tsx";
import { takeLink } from "./link.ts";
import { isPhone } from "./phone.ts";
import { SAMPLE_TABS } from "./samples.ts";
import { attempt, withoutHeaders } from "./storage.ts";
import { currentToken, onNewToken } from "./token.ts";
import { toolbar } from "./toolbar.tsx";

const FORGETFUL: Storage = { length: 0, getItem: () => null, setItem() {}, removeItem() {}, clear() {} };
const isBlocked = attempt(() => localStorage.length) === undefined;
const storage = isBlocked
  ? FORGETFUL
  : withoutHeaders(createLocalStorage({ namespace: "card-gateway" }));

const linked = takeLink();

/** Which of several operations a link means, once the editor knows them. The keys run the one
 * that has the cursor. */
function LinkedOperation() {
  const { operations, queryEditor } = useGraphiQL(pick("operations", "queryEditor"));
  const { setOperationName } = useGraphiQLActions();
  const wanted = useRef(linked?.operationName);
  useEffect(() => {
    const meant = operations?.find(({ name }) => name?.value === wanted.current);
    const start = queryEditor?.getModel()?.getPositionAt(meant?.loc?.start ?? 0);
    if (!wanted.current || !meant || !queryEditor || !start) return;
    setOperationName(wanted.current);
    queryEditor.setPosition(start);
    wanted.current = undefined;
  }, [operations, queryEditor, setOperationName]);
  return null;
}

/** GraphiQL prints a failed introspection as a result and leaves it there for good. */
function StaleErrorSweeper() {
  const { fetchError, responseEditor } = useGraphiQL(pick("fetchError", "responseEditor"));
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (!fetchError && responseEditor?.getValue() === shown.current) responseEditor.setValue("");
    shown.current = fetchError;
  }, [fetchError, responseEditor]);
  return null;
}

// Below 16px, phones zoom in when an editor gets the focus; and there is no room for
// numbers, nor for long lines.
const PHONE = { fontSize: 16, folding: false, lineNumbers: "off", wordWrap: "on" } as const;

function PhoneEditors() {
  const editors = useGraphiQL(
    pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"),
  );
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions(PHONE);
  }, [editors]);
  return null;
}

function Page() {
  const token = useSyncExternalStore(onNewToken, currentToken);
  const { fetcher, close } = useMemo(() => fetcherWith(token), [token]);
  useEffect(() => close, [close]);
  return (
    <GraphiQL
      fetcher={fetcher}
      // null means "do not introspect", undefined means "ask the fetcher".
      schema={token ? undefined : null}
      defaultTabs={linked ? [linked, ...SAMPLE_TABS] : SAMPLE_TABS}
      initialQuery={linked?.query}
      initialVariables={linked && (linked.variables ?? "")}
      // On a phone the query needs the room.
      defaultEditorToolsVisibility={isPhone ? false : "variables"}
      shouldPersistHeaders={false}
      storage={storage}
    >
      {toolbar}
      <StaleErrorSweeper />
      <EscapeLeaves />
      <LinkedOperation />
      {isPhone && <PhoneEditors />}
    </GraphiQL>
  );
}

export function start(stage: HTMLElement) {
  createRoot(stage).render(<Page />);
}
