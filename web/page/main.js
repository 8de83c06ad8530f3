// The page: it opens what its address or the page itself names, and plays frame by frame.

// The most time that a frame lets pass, and how long one may work, in milliseconds.
const FRAME_MAX = 250, WORK = 12;
// The fewest columns and rows that show all that matters: on a small screen letters are smaller.
const CELLS_LEAST = [60, 20];
// The smallest and the largest letters that can be asked for, in pixels.
const LETTERS_LEAST = 8, LETTERS_MOST = 48;
// How often a recording is kept, and a screen reader told, in milliseconds.
const KEEP_EACH = 1_000, TELL_EACH = 700;

class Page {
  constructor(lab) {
    this.lab = lab;
    this.screen = new Screen(document.getElementById("screen"));
    this.kept = new Kept();
    this.menu = new Menu(this);
    this.hands = new Hands(this);
    this.saying = new Saying(this);
    [this.futures, this.hunting] = [new Futures(this), new Hunting(this)];
    this.size = Number(read("raftlab letters")) || 16;
    [this.last, this.running, this.nextKeep, this.nextTell] = [performance.now(), false, 0, 0];
    const letters = (by) => () => {
      this.size = Math.max(LETTERS_LEAST, Math.min(LETTERS_MOST, this.size + by));
      write("raftlab letters", this.size);
      this.fit();
    };
    document.getElementById("smaller").onclick = letters(-2);
    document.getElementById("larger").onclick = letters(2);
    new ResizeObserver(() => this.fit()).observe(document.getElementById("stage"));
    window.addEventListener("pagehide", () => this.keep());
    document.addEventListener("visibilitychange", () => this.keep());
    window.addEventListener("hashchange", () => this.openAddress());
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.open(file);
    });
  }

  // Runs what touches the lab, and says it if the lab has stopped.
  guard(act) {
    try {
      return act();
    } catch (error) {
      this.running = false;
      this.menu.stopped(error);
    }
  }

  // Opens the lab with nobody's script.
  free() {
    this.guard(() => {
      this.keep();
      this.lab.call("open_free");
      this.opened("");
    });
  }

  // Opens a script, at a moment if one is named. False, and says why, if it can't be.
  play(name, text, at = "") {
    return this.guard(() => {
      this.keep();
      const plain = name.replaceAll("\n", " ");
      const why = this.lab.ask("open", `${plain}\n${at.replaceAll("\n", " ")}\n${text}`);
      if (why) return this.refuse("This can't be opened", why, () => this.play(name, text, at));
      this.opened(plain);
      return true;
    });
  }

  // A session that follows another one.
  followWhole(text) {
    const why = this.lab.ask("open_following", text);
    if (why) return this.refuse("This can't be followed", why, () => this.followWhole(text));
    this.opened("followed.lab");
  }

  resume(session) {
    if (this.play(session.name, session.text)) this.kept.remove(session.key);
  }

  // Says why something is not opened. What is in want of a Raft is tried again once that has come.
  refuse(title, why, again) {
    this.wanting = why.startsWith("Its servers run a Raft") ? again : null;
    this.menu.tell(title, why);
    return false;
  }

  // Opens a file of the person's: a script, or a Raft.
  async open(file) {
    if (!/\.wasm$/i.test(file.name)) return this.play(file.name, await file.text());
    const lab = await this.host();
    if (!lab) return;
    const raft = new Uint8Array(await file.arrayBuffer());
    // A script of the page's own says the name, in one word.
    const name = this.wanting ? file.name : file.name.replace(/[^\w.-]/g, "_");
    const why = lab.bring(name, raft);
    if (why) return this.menu.tell("This can't be a server", why);
    this.keep();
    this.lab = lab;
    this.menu.dialog.close();
    if (this.wanting) this.wanting();
    else this.play(name.replace(/wasm$/i, "lab"), `cluster servers=5 raft=${name}\n`);
  }

  // A lab that hosts Rafts of others: the page's second module, which lies beside it.
  async host() {
    if (this.lab.module.bring) return this.lab;
    const cant = (why) => this.menu.tell("No Raft of your own here", `${why}\n` +
      "raftlab page SCRIPT.lab makes one file of a script and the Raft that it names.");
    let bytes;
    try {
      const answer = await fetch("raftlab-guests.bin");
      if (!answer.ok) throw new Error();
      bytes = new Uint8Array(await answer.arrayBuffer());
    } catch {
      return cant("What runs it, raftlab-guests.bin, does not lie beside this page, or the page comes from a disk.");
    }
    // Its first line says of which build it is: another engine may play other runs.
    const head = new TextEncoder().encode(`raftlab-guests ${document.querySelector("[name=raftlab-build]").content}\n`);
    if (!head.every((byte, at) => bytes[at] === byte)) {
      return cant("What runs it, raftlab-guests.bin, is here, but not of the same build as this page: whoever laid them " +
        "here can lay both here again.");
    }
    try {
      const lab = await Lab.load(bytes.subarray(head.length), document.documentElement.classList.contains("light"));
      lab.write(location.href.split("#")[0]);
      lab.call("lies_at");
      return lab;
    } catch (error) {
      return cant(`What runs it, raftlab-guests.bin, came in part or can't run here (${error.detail || error.message}).`);
    }
  }

  opened(name) {
    this.wanting = null;
    this.name = name;
    this.kept.begin(name);
    document.title = name ? `${name.split("/").pop()} – raftlab` : "raftlab";
    this.fit();
    this.screen.canvas.focus();
  }

  fileName() {
    return (this.name || "mine").split("/").pop().replace(/(\.lab)?$/, ".lab");
  }

  fit() {
    const stage = document.getElementById("stage");
    if (stage.clientWidth === 0) return;
    const [columns, rows] = this.screen.fit(stage.clientWidth, stage.clientHeight, this.size, CELLS_LEAST);
    const { narrow, small } = this.screen;
    document.documentElement.style.setProperty("--letters", `${this.size}px`);
    // Where nothing would become larger, or smaller, the button says so.
    document.getElementById("larger").disabled = this.size >= LETTERS_MOST || (small && !narrow);
    document.getElementById("smaller").disabled = this.size <= LETTERS_LEAST;
    this.guard(() => this.lab.call("resize", columns, rows, narrow ? 1 : 0));
    this.wake();
  }

  // A key, as browsers name it. Whether it was the lab's.
  press(key, ctrl = false, shift = false, then = "") {
    if (!ctrl && this.follower?.answers(key)) return true;
    const ours = this.input("key", key, ctrl ? 1 : 0, shift ? 1 : 0);
    for (const letter of then) this.input("key", letter === "\n" ? "Enter" : letter, 0, 0);
    return ours;
  }

  point(act, x, y) {
    const choice = act === PRESS && this.guard(() => this.lab.call("choice_at", ...this.screen.cell(x, y)));
    if (choice) return this.press(String(choice));
    return this.input("mouse", undefined, act, ...this.screen.cell(x, y));
  }

  paste(text) {
    return this.input("paste", text);
  }

  input(name, told, ...values) {
    return this.guard(() => {
      // Nothing may have moved for a while, but the room's clock went on.
      if (!this.running) this.pass(performance.now());
      const done = this.lab.act(name, told, ...values);
      this.carryOut(done);
      this.follower?.heed();
      this.wake();
      return done.what !== "not ours";
    }) ?? true;
  }

  carryOut({ what, text }) {
    if (what === "leave") this.menu.lessons();
    else if (what === "copy") copy(text);
    else if (what === "play") this.menu.play(text);
    else if (what === "tell") this.menu.tell("This can't be shown", text);
    else if (what === "save") {
      const [name] = text.split("\n", 1);
      download(name, text.slice(name.length + 1));
    }
  }

  // Frames come as long as anything moves.
  wake() {
    if (this.running || this.lab.stopped) return;
    this.running = true;
    requestAnimationFrame((now) => this.tick(now));
  }

  pass(now) {
    const elapsed = Math.max(0, Math.min(FRAME_MAX, now - this.last));
    this.last = now;
    this.carryOut(this.lab.act("frame", undefined, elapsed));
  }

  tick(now) {
    this.running = false;
    this.guard(() => {
      const begun = performance.now();
      this.pass(now);
      // What takes long has what is left of the frame, and no more: the page answers all the while.
      while (this.lab.call("restless") === 2 && performance.now() - begun < WORK) {
        this.carryOut(this.lab.act("frame", undefined, 0));
      }
      this.futures.look();
      const cells = this.lab.drawn();
      if (cells) {
        this.screen.draw(cells);
        this.saying.show();
      }
      this.frames = (this.frames || 0) + 1;
      this.firstFrame ??= performance.now();
      this.spent = (this.spent || 0) + performance.now() - begun;
      if (now >= this.nextKeep) this.keep(now);
      if (now >= this.nextTell) this.tell(now);
      const restless = this.lab.call("restless") > 0;
      if (restless) this.wake();
      // What came after the last keeping is kept, too.
      else setTimeout(() => { this.keep(); this.tell(0); }, KEEP_EACH);
    });
  }

  keep(now = performance.now()) {
    if (this.lab.stopped) return;
    this.nextKeep = now + KEEP_EACH;
    const text = this.lab.ask("recording");
    if (text && !this.kept.put(text) && !this.warned) {
      this.warned = true;
      this.menu.tell("Not kept", "This browser keeps nothing of this page: save the run as a script before you leave it.");
    }
  }

  // What a screen reader says, when it has changed.
  tell(now) {
    if (this.lab.stopped) return;
    this.nextTell = now + TELL_EACH;
    const told = document.getElementById("told");
    const text = this.lab.ask("told");
    if (told.textContent !== text) told.textContent = text;
  }

  // Opens what a link names. False, and says why, if it can't be.
  follow(fragment) {
    return this.guard(() => {
      this.keep();
      const [ok, name] = this.lab.ask("open_link", fragment).split(/\n(.*)/s);
      if (ok !== "ok") {
        return this.refuse("This link can't be opened", name ? `${ok}\n${name}` : ok, () => this.follow(fragment));
      }
      this.opened(name);
      return true;
    });
  }

  // What the address names after its #, or what lies in the page, or the free lab.
  openAddress() {
    this.lab.write(location.href.split("#")[0]);
    this.guard(() => this.lab.call("lies_at"));
    if (document.getElementById("audience") && !this.follower) {
      // Something is shown until the first word comes.
      this.free();
      this.follower = new Follower(this);
      return;
    }
    const fragment = location.hash.slice(1);
    if (fragment && this.follow(fragment)) return;
    const scene = document.getElementById("scene");
    if (scene) {
      const { name, text, at } = JSON.parse(scene.textContent);
      if (this.play(name, text, at || "")) return;
    }
    // Below what is said of it. The Raft that it is in want of may still come.
    const { wanting } = this;
    this.free();
    this.wanting = wanting;
  }
}

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The next page begins with the usual.
  }
}

async function begin() {
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.classList.toggle("light", light);
  document.documentElement.classList.toggle("touch", matchMedia("(pointer: coarse)").matches);
  const packed = document.getElementById("module");
  const lab = await Lab.load(packed?.textContent.trim() ?? "", light);
  packed.remove();
  const guest = document.getElementById("guest");
  if (guest) {
    const { name, raft } = JSON.parse(guest.textContent);
    const why = lab.bring(name, unpacked(raft));
    if (why) throw new Stopped(why);
  }
  // For tests and for the curious: `raftlab.lab.ask("digest")`.
  window.raftlab = new Page(lab);
  window.raftlab.openAddress();
}

begin().catch((error) => {
  const text = document.createElement("pre");
  text.textContent = `${error.message}\n${error.detail || ""}`;
  document.body.prepend(text);
});
