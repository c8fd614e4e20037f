// The engine under Node, in the Pyodide that the book serves: node live_node.mjs FOLDER TASKS
// FOLDER holds what autograder/live assembles and more.zip, which is unpacked beside the engine. TASKS is a JSON list of
// {chapter, exercise, cells, given}, to be checked, or {page, cells, given}, to be run one after the other as a new page's.
// Each answer is printed as a line of JSON.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { boot } from "../book/_live/python.js";

const [folder, tasks] = process.argv.slice(2);
const read = async (name) => new Uint8Array(await readFile(`${folder}/${name}`));
const { loadPyodide } = await import(pathToFileURL(`${folder}/python/pyodide.mjs`));
const started = { loadPyodide, address: `${folder}/python/`, engine: await read("autograder.zip"), write: () => {} };
const session = await boot(started);
const { pyodide } = session;
pyodide.unpackArchive(await read("more.zip"), "zip", { extractDir: "/home/pyodide/course" });
const say = (answer) => console.log(JSON.stringify(answer));

const chapters = new Set();
for (const { chapter, exercise, page, cells, given } of JSON.parse(await readFile(tasks))) {
  if (exercise) {
    if (!chapters.has(chapter)) session.addAnswers(chapter, await read(`answers/${chapter}.npz`));
    chapters.add(chapter);
    say({ exercise, ...session.check(exercise, cells, given) });
  } else {
    const fresh = pyodide.pyimport("autograder.session").Session(() => {});
    for (const source of cells) say({ page, source, ...Object.fromEntries(fresh.run(page, source, given).toJs()) });
  }
}
