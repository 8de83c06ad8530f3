// The lab's module, and how one talks to it: a text is written where it says, and read where it says.

// Why the page can't go on, in words; `detail` is what the machine said.
class Stopped extends Error {
  constructor(words, detail) {
    super(words);
    this.detail = detail;
  }
}

// The bytes of a base64 text; letter by letter only where the browser has no way of its own.
function unpacked(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

class Lab {
  // The module as it lies in a page, in base64, or as it came from a server.
  static async load(packed, light) {
    if (!("WebAssembly" in window)) {
      throw new Stopped("This browser is too old for the lab: any of the last three years will do.");
    }
    let compiled;
    try {
      compiled = await WebAssembly.compile(await Lab.unpack(typeof packed === "string" ? unpacked(packed) : packed));
    } catch (error) {
      throw new Stopped("This page is not whole: load it again.", error.message);
    }
    return new Lab(compiled, await WebAssembly.instantiate(compiled, {}), light);
  }

  // The page has a small module of its own that unpacks (web/unpack).
  static async unpack(packed) {
    const { instance } = await WebAssembly.instantiate(unpacked(document.getElementById("unpack").textContent), {});
    const { memory, room, unpack, unpacked: place } = instance.exports;
    const at = room(packed.length);
    new Uint8Array(memory.buffer, at, packed.length).set(packed);
    const length = unpack();
    if (!length) throw new Error("its module does not unpack");
    return new Uint8Array(memory.buffer, place(), length);
  }

  constructor(compiled, { exports }, light) {
    [this.compiled, this.module] = [compiled, exports];
    this.call("begin", light ? 1 : 0);
  }

  // All that the lab is lies in its memory: another with a copy is the same lab.
  copy() {
    return this.module.memory.buffer.slice(0);
  }

  become(copy) {
    const { memory } = this.module;
    const missing = copy.byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / 65_536);
    new Uint8Array(memory.buffer).set(new Uint8Array(copy));
  }

  // Calls the module. Once it has stopped by a mistake of the program it holds nothing that is whole.
  call(name, ...values) {
    if (this.stopped) throw this.stopped;
    try {
      return this.module[name](...values);
    } catch (error) {
      const why = this.at(this.module.panic_text(), this.module.panic_length());
      this.stopped = new Stopped("The lab has stopped by a mistake of the program.", why || String(error));
      throw this.stopped;
    }
  }

  at(place, length) {
    return new TextDecoder().decode(new Uint8Array(this.module.memory.buffer, place, length));
  }

  write(text) {
    const bytes = new TextEncoder().encode(text);
    const place = this.call("room", bytes.length);
    new Uint8Array(this.module.memory.buffer, place, bytes.length).set(bytes);
  }

  // A Raft of another's, for the scripts that name its file. Why it can be none, or nothing.
  bring(name, raft) {
    const head = new TextEncoder().encode(name + "\n");
    const place = this.call("room", head.length + raft.length);
    const room = new Uint8Array(this.module.memory.buffer, place, head.length + raft.length);
    room.set(head);
    room.set(raft, head.length);
    const length = this.call("bring");
    return length ? this.at(this.call("text"), length) : "";
  }

  // The answer of a call that gives a text; `told` is what it is told first.
  ask(name, told, ...values) {
    if (told !== undefined) this.write(told);
    const length = this.call(name, ...values);
    return length ? this.at(this.call("text"), length) : "";
  }

  // What the page has to do after a call.
  act(name, told, ...values) {
    if (told !== undefined) this.write(told);
    const what = ["", "not ours", "leave", "copy", "save", "tell", "play"][this.call(name, ...values)];
    return { what, text: what ? this.at(this.call("text"), this.call("length")) : "" };
  }

  // The cells that have changed, five numbers each; null if nothing is new.
  drawn() {
    const numbers = this.call("draw");
    return numbers >= 0 ? new Uint32Array(this.module.memory.buffer, this.call("changed"), numbers) : null;
  }
}
