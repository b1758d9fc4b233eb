// What the public parser says of the AsyncAPI document on standard input: one JSON list of its diagnostics.
const { Parser } = require("@asyncapi/parser");

new Parser().parse(require("node:fs").readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
  const found = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
  process.stdout.write(JSON.stringify({ parsed: document !== undefined, diagnostics: found }));
});
