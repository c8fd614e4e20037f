// What the reader typed and what the checks said of it, kept on the reader's device and nowhere else.

const KEY = "layers-by-hand";
const EMPTY = { code: {}, states: {} };

const listeners = new Set();

function isTexts(value) {
  return value !== null && typeof value === "object" && Object.values(value).every((text) => typeof text === "string");
}

/** The contents of a text, or null where it is not ours. */
function parsed(text) {
  try {
    const { code, states } = JSON.parse(text);
    return isTexts(code) && isTexts(states) ? { code, states } : null;
  } catch {
    return null;
  }
}

export function kept() {
  try {
    return parsed(localStorage.getItem(KEY)) ?? structuredClone(EMPTY);
  } catch {
    return structuredClone(EMPTY); // a browser that keeps nothing: the page works all the same, until it is closed
  }
}

function keep(contents) {
  try {
    localStorage.setItem(KEY, JSON.stringify(contents));
  } catch {
    // as above
  }
  for (const listener of listeners) listener();
}

function change(part, name, value) {
  const contents = kept();
  if (value === null) delete contents[part][name];
  else contents[part][name] = value;
  keep(contents);
}

export const keepCode = (name, text) => change("code", name, text);
export const keepState = (name, state) => change("states", name, state);
export const clear = () => keep(structuredClone(EMPTY));
export const exported = () => JSON.stringify(kept(), null, 1);

/** Take in what was exported. False, and nothing changes, where the text is something else. */
export function imported(text) {
  const contents = parsed(text);
  if (contents === null) return false;
  keep(contents);
  return true;
}

/** Call `listener` after each change, in this tab or another one. */
export function onChange(listener) {
  listeners.add(listener);
}

addEventListener("storage", (event) => {
  if (event.key === KEY || event.key === null) for (const listener of listeners) listener();
});
