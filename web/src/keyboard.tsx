// Editors take the tab key for themselves. Escape leaves one, as WCAG 2.1.2 asks, and a note
// in the bar says so as long as one has the focus.

import { KeyCode, pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Where Escape has something to close first. */
const NOTHING_OPEN = [
  "suggestWidgetVisible",
  "findWidgetVisible",
  "parameterHintsVisible",
  "renameInputVisible",
  "inSnippetMode",
  "editorHasSelection",
  "editorHasMultipleSelections",
].map((open) => `!${open}`).join(" && ");

const note = document.getElementById("editor-hint")!;

export function EscapeLeaves() {
  const editors = useGraphiQL(
    pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"),
  );
  useEffect(() => {
    const all = Object.values(editors).filter((editor) => editor !== undefined);
    const kept = all.flatMap((editor) => [
      editor.addAction({
        id: "leave-editor",
        label: "Leave the Editor",
        keybindings: [KeyCode.Escape],
        keybindingContext: NOTHING_OPEN,
        // The pane around it, where the tab key goes on, and Enter comes back.
        run: (of) => of.getContainerDomNode().focus(),
      }),
      editor.onDidFocusEditorText(() => {
        note.hidden = false;
      }),
      editor.onDidBlurEditorText(() => {
        note.hidden = true;
      }),
    ]);
    return () => {
      for (const one of kept) one.dispose();
    };
  }, [editors]);
  return null;
}
