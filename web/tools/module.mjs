// The lab of a built page, under node: the same module that a browser runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export async function open(page) {
  const html = readFileSync(page, "utf8");
  const packed = /id="module">([^<]*)</.exec(html)?.[1];
  if (!packed) throw new Error(`${page} is not what web/build.sh makes`);
  return start(gunzipSync(Buffer.from(packed, "base64")));
}

/** The one that hosts Rafts of others, from the folder of the page. */
export function openHost(folder) {
  return start(gunzipSync(readFileSync(join(folder, "raftlab-guests.bin"))));
}

async function start(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const module = instance.exports;
  module.begin(0);
  const tell = (told) => {
    const place = module.room(told.length);
    new Uint8Array(module.memory.buffer, place, told.length).set(told);
  };
  const answer = (length) => new TextDecoder().decode(new Uint8Array(module.memory.buffer, module.text(), length));
  const play = (seed, text, flawed = false) => {
    tell(new TextEncoder().encode(text));
    return answer(module.play(seed, flawed ? 1 : 0));
  };
  const bring = (name, raft) => {
    tell(Buffer.concat([Buffer.from(`${name}\n`), raft]));
    const why = module.bring();
    if (why) throw new Error(answer(why));
  };
  return { play, bring, bytes: bytes.length };
}
