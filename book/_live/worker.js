// The worker in which the page's Python runs. Its messages: loading, running, checking, printed, done, failed.

import { boot } from "./python.js";

const MOST_AT_ONCE = 100; // milliseconds for which what is printed is gathered

let session;
const chapters = new Set();

/** Count what is fetched, so that the page can tell how far Python has come. */
function countFetched() {
  const fetched = self.fetch;
  let bytes = 0;
  self.fetch = async (...request) => {
    const response = await fetched(...request);
    if (!response.ok || !response.body) return response;
    const counter = new TransformStream({
      transform(piece, out) {
        bytes += piece.byteLength;
        self.postMessage({ kind: "loading", bytes });
        out.enqueue(piece);
      },
    });
    return new Response(response.body.pipeThrough(counter), { status: response.status, headers: response.headers });
  };
}

async function bytesOf(address) {
  const response = await fetch(address, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return response.arrayBuffer();
}

let gathered = "";
let last = 0;

function hand() {
  if (gathered) self.postMessage({ kind: "printed", text: gathered });
  gathered = "";
  last = performance.now();
}

function write(text) {
  gathered += text;
  if (performance.now() - last > MOST_AT_ONCE) hand();
}

function tell(number, of, seconds) {
  self.postMessage({ kind: "checking", number, of, seconds });
}

async function start(python, here) {
  countFetched();
  const { loadPyodide } = await import(`${python}pyodide.mjs`);
  const engine = await bytesOf(new URL("autograder.zip", here));
  session = await boot({ loadPyodide, address: python, engine, write, tell });
}

self.onmessage = async ({ data }) => {
  try {
    if (!session) await start(data.python, data.here);
    if (data.chapter && !chapters.has(data.chapter)) {
      session.addAnswers(data.chapter, new Uint8Array(await bytesOf(new URL(`answers/${data.chapter}.npz`, data.here))));
      chapters.add(data.chapter);
    }
  } catch (error) {
    self.postMessage({ kind: "failed", reason: String(error.message ?? error) });
    return;
  }
  self.postMessage({ kind: "running", seconds: data.exercise ? session.seconds(data.exercise) : 0 });
  last = performance.now();
  try {
    const answer = data.exercise
      ? session.check(data.exercise, data.cells, data.given, data.brought)
      : session.run(data.name, data.source, data.given);
    hand();
    self.postMessage({ kind: "done", answer });
  } catch (error) {
    hand();
    self.postMessage({ kind: "failed", reason: String(error.message ?? error) });
  }
};
