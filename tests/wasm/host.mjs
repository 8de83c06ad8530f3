// Asks a lab in WebAssembly: requests come from standard input, answers go to standard output, each
// ended by a byte 0. The module needs nothing from its host.
import { readFileSync, writeFileSync } from "node:fs";

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const { room, answer, place, memory } = (await WebAssembly.instantiate(module, {})).exports;

const requests = readFileSync(0, "utf8").split("\0").slice(0, -1);
for (const request of requests) {
  const bytes = new TextEncoder().encode(request);
  const start = room(bytes.length);
  new Uint8Array(memory.buffer, start, bytes.length).set(bytes);
  const length = answer();
  const text = new TextDecoder().decode(new Uint8Array(memory.buffer, place(), length));
  writeFileSync(1, text + "\0");
}
