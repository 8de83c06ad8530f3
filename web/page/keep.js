// Sessions that the browser keeps: a recording each, the newest twenty.

const KEPT_MAX = 20;
const PREFIX = "raftlab session ";

class Kept {
  constructor() {
    this.failed = "";
    this.begin("");
  }

  // What follows is another session.
  begin(name) {
    this.key = PREFIX + new Date().toISOString() + " " + Math.random().toString(36).slice(2, 6);
    this.name = name || "the free lab";
  }

  // Keeps a recording; an empty one is taken away. False if the browser keeps nothing.
  put(text) {
    try {
      if (!text.trim()) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify({ name: this.name, text }));
      this.all().slice(KEPT_MAX).forEach((old) => localStorage.removeItem(old.key));
      return true;
    } catch {
      return false;
    }
  }

  // All that are kept, the newest first.
  all() {
    const found = [];
    try {
      for (let at = 0; at < localStorage.length; at++) {
        const key = localStorage.key(at);
        if (!key.startsWith(PREFIX)) continue;
        try {
          const { name, text } = JSON.parse(localStorage.getItem(key));
          const when = key.slice(PREFIX.length).split(" ")[0];
          if (typeof text === "string") found.push({ key, name: String(name), text, when });
        } catch {
          // Not written by this page.
        }
      }
    } catch {
      // Nothing is kept here.
    }
    return found.sort((one, other) => (one.when < other.when ? 1 : -1));
  }

  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // It was not kept.
    }
  }
}

// Hands a text to the person, as a file.
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name.split(/[\\/]/).pop() || "raftlab.lab";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Puts a text on the clipboard; without the right to, as on a page from http, in the old way.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
