// The YAML of a sequence with line numbers, colours and findings. It stands in for a <textarea>, which the form still
// sends; without this file the textarea is what there is. Tab is left alone: it leads to the next field.
import {history, defaultKeymap, historyKeymap} from "@codemirror/commands";
import {yaml} from "@codemirror/lang-yaml";
import {HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting} from "@codemirror/language";
import {lintGutter, lintKeymap, setDiagnostics} from "@codemirror/lint";
import {highlightSelectionMatches, search, searchKeymap} from "@codemirror/search";
import {EditorState} from "@codemirror/state";
import {EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers} from "@codemirror/view";
import {tags} from "@lezer/highlight";

// Colours are the console's own, which know light and dark.
const colours = HighlightStyle.define([
  {tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--link)"},
  {tag: [tags.string, tags.content], color: "var(--ink)"},
  {tag: [tags.comment, tags.lineComment], color: "var(--quiet)", fontStyle: "italic"},
  {tag: [tags.keyword, tags.bool, tags.number], color: "var(--good)"},
  {tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--quiet)"},
]);

const look = EditorView.theme({
  "&": {color: "var(--ink)", backgroundColor: "var(--paper)", border: "2px solid var(--field)", borderRadius: ".25rem", fontSize: ".9rem"},
  "&.cm-focused": {outline: "3px solid var(--focus)", outlineOffset: "2px"},
  ".cm-scroller": {fontFamily: "ui-monospace, monospace", lineHeight: "1.5", maxHeight: "36rem", overflow: "auto"},
  ".cm-content": {caretColor: "var(--ink)"},
  ".cm-cursor": {borderLeftColor: "var(--ink)"},
  ".cm-gutters": {color: "var(--quiet)", backgroundColor: "var(--card)", borderRight: "1px solid var(--line)"},
  ".cm-activeLine, .cm-activeLineGutter": {backgroundColor: "color-mix(in srgb, var(--act) 8%, transparent)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {backgroundColor: "color-mix(in srgb, var(--act) 30%, transparent)"},
  ".cm-tooltip, .cm-panels": {color: "var(--ink)", backgroundColor: "var(--card)", border: "1px solid var(--line)"},
  ".cm-panels input, .cm-panels button, .cm-panels label": {color: "var(--ink)", fontSize: ".9rem"},
  ".cm-diagnostic": {whiteSpace: "pre-wrap"},
});

function edit(area) {
  const tell = EditorView.updateListener.of(update => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event("input", {bubbles: true}));
  });
  const view = new EditorView({
    parent: area.parentElement,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(), foldGutter(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(),
        indentUnit.of("  "), bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(), search(),
        highlightSelectionMatches(), yaml(), syntaxHighlighting(colours), look, tell, EditorView.lineWrapping,
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap]),
        EditorView.cspNonce.of(area.dataset.nonce || ""),
        EditorView.contentAttributes.of({tabindex: "0", "aria-label": area.dataset.label, "aria-describedby": area.getAttribute("aria-describedby") || ""}),
      ],
    }),
  });
  view.scrollDOM.tabIndex = -1;
  area.hidden = true;
  const label = document.querySelector(`label[for="${area.id}"]`);
  if (label) label.addEventListener("click", event => { event.preventDefault(); view.focus(); });
  return view;
}

function spot(view, line, column) {
  const found = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

// The server checks; its findings are a list on the page, and these marks beside the lines.
function mark(view, path) {
  const found = [...document.querySelectorAll("#findings [data-path]")].filter(one => one.dataset.path === path);
  view.dispatch(setDiagnostics(view.state, found.map(one => {
    const from = spot(view, Number(one.dataset.line), Number(one.dataset.column));
    return {from, to: view.state.doc.lineAt(from).to, severity: one.dataset.level, message: one.dataset.message};
  })));
}

for (const area of document.querySelectorAll("textarea[data-editor=yaml]")) {
  const view = edit(area);
  mark(view, area.dataset.path);
  document.addEventListener("htmx:afterSettle", () => mark(view, area.dataset.path));
  area.addEventListener("drip:go", event => {
    const at = spot(view, event.detail.line, event.detail.column);
    view.dispatch({selection: {anchor: at}, effects: EditorView.scrollIntoView(at, {y: "center"})});
    view.focus();
  });
}
