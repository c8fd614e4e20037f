// <live-cell>: code that the reader can change, run and, where it is an exercise, check. Without this script it is the
// code alone, as everywhere on the page (book/_extensions/live.py).

import { limits, python, Stopped } from "./python-client.js";
import { kept, keepCode, keepState, onChange } from "./store.js";

const STATES = { passed: "✓ all checks passed", not_attempted: "○ not attempted yet" };
const MEGABYTE = 2 ** 20;
const HINT = "live-editor-hint";

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function button(name, act) {
  const element = made("button", { type: "button", textContent: name, className: "live-button" });
  element.addEventListener("click", act);
  return element;
}

export class LiveCell extends HTMLElement {
  connectedCallback() {
    if (this.bar) return;
    this.still = this.querySelector("div.highlight")?.parentElement ?? this.firstElementChild;
    this.start = this.still.querySelector("pre").textContent.replace(/\n+$/, "");
    this.exercise = this.dataset.exercise;
    this.name = this.exercise ?? this.dataset.name;
    this.label = this.exercise ? `your ${this.exercise}` : "code to try";
    this.typed = kept().code[this.name] ?? this.start;
    this.place = made("div", { className: "live-editor", hidden: true });
    this.makeBar();
    this.printed = made("pre", { className: "live-printed tex2jax_ignore mathjax_ignore", hidden: true, tabIndex: 0 });
    this.printed.setAttribute("role", "region");
    this.printed.setAttribute("aria-label", `output of ${this.label}`);
    this.verdict = made("div", { className: "live-verdict" });
    this.verdict.setAttribute("aria-live", "polite");
    this.append(this.place, this.bar, this.printed, this.verdict);
    this.mark();
    onChange(() => this.follow());
    for (const [target, left] of [[this, "focusout"], [window, "pagehide"]])
      target.addEventListener(left, () => this.keeping && this.keep());
    // An editor costs time to make: each is made when its cell comes near the window.
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        near.disconnect();
        this.edit();
      },
      { rootMargin: "800px" },
    );
    near.observe(this);
  }

  get text() {
    return this.editor?.text ?? this.typed;
  }

  makeBar() {
    this.running = button("Run", () => this.run());
    this.running.title = "Shift+Enter";
    this.checking = this.exercise ? button("Check", () => this.check()) : null;
    this.resetting = button("Reset", () => this.reset());
    this.stopping = button("Stop", () => this.stop());
    for (const [element, what] of [
      [this.running, "Run"],
      [this.checking, "Check"],
      [this.resetting, "Reset"],
      [this.stopping, "Stop"],
    ])
      element?.setAttribute("aria-label", `${what} ${this.label}`);
    this.stopping.hidden = true;
    this.loading = made("progress", { hidden: true, max: 1, value: 0 });
    this.loading.setAttribute("aria-label", "loading Python");
    this.said = made("span", { className: "live-said" });
    this.said.setAttribute("role", "status");
    const buttons = [this.running, this.checking, this.resetting, this.stopping].filter(Boolean);
    this.bar = made("div", { className: "live-bar" }, ...buttons, this.loading, this.said);
    this.bar.setAttribute("role", "group");
    this.bar.setAttribute("aria-label", this.label);
  }

  async edit() {
    const { makeEditor } = await import("./editor.js");
    this.place.hidden = false;
    this.editor = makeEditor({
      parent: this.place,
      text: this.typed,
      label: this.label,
      description: HINT,
      onChange: (text) => this.changed(text),
      onRun: () => this.run(),
    });
    this.still.hidden = true;
  }

  /** While `keeping` is set, what the reader typed is newer than what is kept. */
  changed(text) {
    this.typed = text;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), 300);
  }

  keep() {
    this.keeping = clearTimeout(this.keeping);
    keepCode(this.name, this.text === this.start ? null : this.text);
  }

  /** What was kept has changed: by another cell or tab, an import, or Clear. */
  follow() {
    const text = kept().code[this.name] ?? this.start;
    if (!this.keeping && text !== this.text && document.activeElement?.closest("live-cell") !== this) {
      this.typed = text;
      if (this.editor) this.editor.text = text;
      this.keeping = clearTimeout(this.keeping);
    }
    this.mark();
  }

  mark() {
    if (!this.exercise || this.busy) return;
    const state = kept().states[this.exercise];
    this.dataset.state = state ?? "";
    if (!this.verdict.hasChildNodes()) this.said.textContent = state ? (STATES[state] ?? "✗ not right yet") : "";
  }

  reset() {
    if (this.editor) this.editor.text = this.start;
    this.typed = this.start;
    this.keep();
    this.printed.textContent = "";
    this.show({});
    this.said.textContent = "Reset: undo brings your text back.";
    const output = this.outputOnPage;
    if (output) output.hidden = false;
  }

  /** The output that the page was built with, beside a cell to try. */
  get outputOnPage() {
    return this.closest("div.cell")?.querySelector(":scope > .cell_output");
  }

  run() {
    // A cell to try may build on those above it: they run first, where this interpreter has not run them yet.
    const above = this.exercise ? [] : LiveCell.toTry().slice(0, LiveCell.toTry().indexOf(this));
    return this.ask({ source: this.text }, above);
  }

  stop() {
    this.stopper?.abort(new Stopped("Stopped."));
  }

  check() {
    const exercises = [...document.querySelectorAll("live-cell[data-exercise]")];
    const cells = Object.fromEntries(exercises.map((cell) => [cell.exercise, cell.text]));
    return this.ask({ exercise: this.exercise, cells, brought: this.brought });
  }

  /** For an exercise that builds on earlier chapters: what was written there, by chapter and exercise. */
  get brought() {
    if (!("brings" in this.dataset)) return null;
    const { code } = kept();
    const others = Object.entries(LiveCell.chapters).filter(([chapter]) => chapter !== this.dataset.chapter);
    const written = (names) => Object.fromEntries(names.filter((name) => name in code).map((name) => [name, code[name]]));
    return Object.fromEntries(others.map(([chapter, names]) => [chapter, written(names)]));
  }

  static toTry() {
    return [...document.querySelectorAll("live-cell:not([data-exercise])")];
  }

  /** Put a question to Python, one at a time, after the cells `above`. Whether it came to its end without an error. */
  ask(what, above = []) {
    this.asked ??= this.put(what, above).finally(() => (this.asked = null));
    return this.asked;
  }

  get busy() {
    return Boolean(this.asked);
  }

  async put(what, above) {
    this.stopper = new AbortController();
    let ended = false;
    this.keep();
    this.printed.textContent = "";
    this.show({});
    if (this.outputOnPage) this.outputOnPage.hidden = true;
    this.turn(true, "Waiting for Python …");
    if (!(await this.ran(above))) {
      const words = "Not run: a cell above, on which this one may build, did not come to its end.";
      this.turn(false, this.stopper.signal.aborted ? "Stopped." : words);
      return false;
    }
    try {
      const request = { ...what, name: this.name, given: this.dataset.given ?? "", chapter: this.dataset.chapter };
      const answer = await python.ask({ ...request, python: LiveCell.python }, (news) => this.hear(news), this.stopper.signal);
      this.ranIn = python.number;
      this.show(answer);
      if (answer.state) {
        keepState(answer.exercise, answer.state);
        this.dataset.state = answer.state;
      }
      const ran = this.printed.hidden ? "Ran; nothing was printed." : "Ran.";
      this.turn(false, answer.error ? "Stopped with an error." : answer.html ? "" : ran);
      ended = !answer.error;
    } catch (error) {
      this.turn(false, error.constructor === Error ? `Python could not be loaded or went down: ${error.message}.` : error.message);
    }
    return ended;
  }

  /** Run those cells above that this interpreter has not run yet. Whether all came to their end; Stop ends them, too. */
  async ran(above) {
    for (const cell of above) {
      if (cell.ranIn === python.number && python.worker) continue;
      const stop = () => cell.stop();
      this.stopper.signal.addEventListener("abort", stop);
      const ended = await cell.ask({ source: cell.text });
      this.stopper.signal.removeEventListener("abort", stop);
      if (!ended || this.stopper.signal.aborted) return false;
    }
    return true;
  }

  hear({ kind, bytes, text, number, of, seconds }) {
    if (kind === "loading") {
      this.loading.hidden = false;
      this.loading.value = Math.min(1, bytes / LiveCell.size);
      const far = `${(bytes / MEGABYTE).toFixed(0)} of about ${(LiveCell.size / MEGABYTE).toFixed(0)} MB`;
      this.tell(`Loading Python, once: ${far}`);
    } else if (kind === "running") {
      this.loading.hidden = true;
      this.said.textContent = "Running …";
    } else if (kind === "checking") {
      if (seconds) this.said.textContent = `Checking … ${number} of ${of}: this one may take some minutes.`;
      else this.tell(`Checking … ${number} of ${of}`);
    } else if (kind === "printed") {
      this.printed.hidden = false;
      this.printed.textContent += text;
    }
  }

  /** At most one change a second: a screen reader reads each. */
  tell(words) {
    if (performance.now() - (this.told ?? 0) < 1000) return;
    this.told = performance.now();
    this.said.textContent = words;
  }

  turn(on, words) {
    if (!on && document.activeElement === this.stopping) this.running.focus();
    this.stopping.hidden = !on;
    for (const element of [this.running, this.checking]) element?.setAttribute("aria-disabled", on);
    this.loading.hidden = true;
    this.said.textContent = words;
  }

  show({ error, text, html }) {
    this.printed.classList.toggle("live-error", Boolean(error));
    this.printed.textContent += [text, error].filter(Boolean).join("\n");
    this.printed.hidden = !this.printed.textContent;
    this.verdict.innerHTML = html ?? "";
    // A wide array is scrolled, by keys too.
    for (const code of this.verdict.querySelectorAll("code")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  }
}

/** Make the page's cells live. `settings`: where Python is and how many bytes of it are fetched. */
export function makeLive(settings) {
  LiveCell.python = new URL(settings.python, import.meta.url).href;
  LiveCell.size = settings.bytes;
  LiveCell.chapters = settings.chapters;
  LiveCell.limits = limits;
  const page = location.pathname.split("/").pop().replace(/\.html$/, "");
  document.querySelectorAll("div.cell.tag_live .cell_input").forEach((input, number) => {
    const cell = made("live-cell", {});
    cell.dataset.name = `${page}-${number + 1}`;
    cell.dataset.given = "import numpy as np";
    cell.append(...input.childNodes);
    input.append(cell);
  });
  const hint = "Tab indents; to leave the editor by keyboard press Escape, then Tab. Shift+Enter runs the code.";
  document.body.append(made("p", { id: HINT, hidden: true, textContent: hint }));
  customElements.define("live-cell", LiveCell);
}
