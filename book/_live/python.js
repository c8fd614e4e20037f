// Python with the engine in it: the same steps in a worker of the page and, in the tests, under Node.

const ROOM = "/home/pyodide/course";

/** Start Pyodide from `address` and unpack the engine. `write` is given what cells print, `tell` how far a check has come. */
export async function boot({ loadPyodide, address, engine, write, tell = () => {} }) {
  const pyodide = await loadPyodide({ indexURL: address, packages: ["numpy"] });
  pyodide.unpackArchive(engine, "zip", { extractDir: ROOM });
  pyodide.FS.mkdirTree(`${ROOM}/autograder/data`);
  pyodide.globals.get("__import__")("sys").path.insert(0, ROOM);
  const session = pyodide.pyimport("autograder.session").Session(write, tell);
  const plain = (answer) => {
    const made = answer.toJs({ dict_converter: Object.fromEntries });
    answer.destroy();
    return made;
  };
  return {
    pyodide,
    addAnswers: (chapter, data) => pyodide.FS.writeFile(`${ROOM}/autograder/data/${chapter}.npz`, data),
    run: (name, source, given) => plain(session.run(name, source, given)),
    seconds: (exercise) => session.seconds(exercise),
    check: (exercise, cells, given, brought) => plain(session.check(exercise, pyodide.toPy(cells), given, pyodide.toPy(brought))),
  };
}
