// Joins the editor's modules, without what nothing uses, and shortens names: node bundle.mjs ROOM OUT
// ROOM holds entry.js and the modules beside it, and the tools by their packages' names.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [room, out] = process.argv.slice(2);
const require = createRequire(`${room}/`);
const { rollup } = require("./rollup/dist/rollup.js");
const { minify } = require("./uglify-js/tools/node.js");

const bundle = await rollup({ input: `${room}/entry.js`, treeshake: { moduleSideEffects: false } });
const { output } = await bundle.generate({ format: "es" });
const short = minify(output[0].code, { module: true, compress: false, mangle: true });
if (short.error) throw short.error;
writeFileSync(out, short.code);
