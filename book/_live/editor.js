// The editor of a cell: CodeMirror with Python's words. Colours are classes, which live.css gives for light and dark.

import {
  bracketMatching,
  classHighlighter,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  history,
  historyKeymap,
  indentUnit,
  indentWithTab,
  isolateHistory,
  keymap,
  python,
  StreamLanguage,
  syntaxHighlighting,
} from "./editor/codemirror.js"; // put together by autograder/live/editor.py

const language = StreamLanguage.define(python);

/** Put an editor into `parent`. */
export function makeEditor({ parent, text, label, description, onChange, onRun }) {
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      history(),
      drawSelection(),
      bracketMatching(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      language,
      syntaxHighlighting(classHighlighter),
      keymap.of([{ key: "Shift-Enter", run: () => (onRun(), true) }, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": description,
        autocapitalize: "off",
        autocorrect: "off",
        spellcheck: "false",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(update.state.doc.toString());
      }),
    ],
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(fresh) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: fresh }, annotations: isolateHistory.of("full") });
    },
    focus: () => view.focus(),
  };
}
