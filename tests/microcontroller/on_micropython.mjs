// The driver of the board, as it is in docs/microcontroller, on MicroPython itself (its WebAssembly port): this file is
// the board's network, flash and pins. LABD_MICROPYTHON is where npm put MicroPython and mqtt.

import { randomInt } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const installed = path.join(process.env.LABD_MICROPYTHON, "node_modules");
const port = path.join(installed, "@micropython", "micropython-webassembly-pyscript", "micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(port));
const mqtt = createRequire(path.join(installed, "x"))("mqtt");

const here = path.dirname(fileURLToPath(import.meta.url));
const docs = path.join(here, "..", "..", "docs", "microcontroller");
const state = process.env.LABD_STATE;
const broker = new URL(process.env.LABD_BROKER);
const FLASH = "/flash/ledger.jsonl";
const STEP_MS = 5;

const board = await loadMicroPython({ heapsize: 256 * 1024, stdout: (line) => process.stdout.write(`${line}\n`) });
let client = null;
let inbox = [];
let arrived = null;

// The flash outlives the process: it is on the disk before anything is said.
function keep() {
  if (!board.FS.analyzePath(FLASH).exists) return;
  const file = fs.openSync(path.join(state, "flash.new"), "w");
  fs.writeSync(file, board.FS.readFile(FLASH));
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(path.join(state, "flash.new"), path.join(state, "flash"));
}

board.registerJsModule("bridge", {
  host: broker.hostname,
  port: Number(broker.port),
  workcell: process.env.LABD_WORKCELL,
  name: process.env.LABD_NAME,
  seed: () => randomInt(2 ** 30),
  connected(id, host, at, keepalive, topic, payload) {
    if (client === null) {
      const will = { topic, payload, qos: 1, retain: true };
      const made = mqtt.connect({ host, port: at, clientId: id, keepalive, will, protocolVersion: 4, reconnectPeriod: 0 });
      made.on("message", (where, what) => inbox.push([where, what.toString("hex")]));
      made.on("error", () => {});
      made.on("close", () => { if (client === made) { client = null; inbox = []; } });
      client = made;
    }
    return client.connected;
  },
  subscribe: (topic) => { client?.subscribe(topic, { qos: 1 }); },
  publish(topic, payload, retain, qos) {
    keep();
    if (!client?.connected) return false;
    client.publish(topic, payload, { retain: Boolean(retain), qos });
    return true;
  },
  pending: () => client === null || inbox.length > 0,
  next: () => { arrived = inbox.shift() ?? null; return arrived && arrived[0]; },
  payload: () => arrived[1],
  close: () => { client?.end(true); client = null; inbox = []; },
  pin: (number, level) => fs.appendFileSync(path.join(state, "pins.log"), `${number} ${level}\n`),
});

for (const folder of ["/lib", "/lib/umqtt", "/flash"]) board.FS.mkdir(folder);
const put = (from, to) => board.FS.writeFile(to, fs.readFileSync(from));
for (const file of fs.readdirSync(docs)) put(path.join(docs, file), `/lib/${file}`);
put(path.join(here, "wasm", "umqtt_simple.py"), "/lib/umqtt/simple.py");
put(path.join(here, "wasm", "machine.py"), "/lib/machine.py");
if (fs.existsSync(path.join(state, "flash"))) put(path.join(state, "flash"), FLASH);
board.runPython(fs.readFileSync(path.join(here, "wasm", "start.py"), "utf8"));
setInterval(() => board.runPython("station.step(0)"), STEP_MS);
