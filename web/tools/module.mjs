// The lab of a built page, under node: the same module that a browser runs.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export async function open(page) {
  const html = readFileSync(page, "utf8");
  const packed = /id="module">([^<]*)</.exec(html)?.[1];
  if (!packed) throw new Error(`${page} is not what web/build.sh makes`);
  const bytes = gunzipSync(Buffer.from(packed, "base64"));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const module = instance.exports;
  module.begin(0);
  const play = (seed, text, flawed = false) => {
    const told = new TextEncoder().encode(text);
    const place = module.room(told.length);
    new Uint8Array(module.memory.buffer, place, told.length).set(told);
    const length = module.play(seed, flawed ? 1 : 0);
    return new TextDecoder().decode(new Uint8Array(module.memory.buffer, module.text(), length));
  };
  return { play, bytes: bytes.length };
}
