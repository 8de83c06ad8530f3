// The lab of a built page, under node: the same module that a browser runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";

// What stands in the page under this name.
function part(page, name) {
  const packed = new RegExp(`id="${name}">([^<]*)<`).exec(readFileSync(page, "utf8"))?.[1];
  if (!packed) throw new Error(`${page} is not what web/build.sh makes`);
  return Buffer.from(packed, "base64");
}

// Unpacked as the page does it.
async function unpacked(page, packed) {
  const { instance } = await WebAssembly.instantiate(part(page, "unpack"), {});
  const { memory, room, unpack, unpacked } = instance.exports;
  const at = room(packed.length);
  new Uint8Array(memory.buffer, at, packed.length).set(packed);
  const length = unpack();
  if (!length) throw new Error(`what ${page} holds is not whole`);
  return new Uint8Array(memory.buffer, unpacked(), length);
}

export async function open(page) {
  return start(await unpacked(page, part(page, "module")));
}

/** The one that hosts Rafts of others, from the folder of the page. */
export async function openHost(folder) {
  const hosts = readFileSync(join(folder, "raftlab-guests.bin"));
  // Its first line says of which build it is.
  return start(await unpacked(join(folder, "raftlab.html"), hosts.subarray(hosts.indexOf(10) + 1)));
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
