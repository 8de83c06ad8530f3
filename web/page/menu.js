// What opens over the lab: lessons and scenes, what the browser keeps, links, the screen as text, and
// what has gone wrong. All that others wrote is put in as text, never as markup.

// An element with these properties and these children.
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const action = (label, act) => make("button", { textContent: label, onclick: act });

class Menu {
  constructor(page) {
    this.page = page;
    this.dialog = document.getElementById("dialog");
    document.getElementById("close").onclick = () => this.dialog.close();
    document.getElementById("open-menu").onclick = () => this.lessons();
    document.getElementById("share").onclick = () => this.page.press(":", false, false, "share\n");
    document.getElementById("text").onclick = () => this.text();
    this.dialog.addEventListener("close", () => this.page.screen.canvas.focus());
    // A click beside it closes it.
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open(title, ...content) {
    document.getElementById("title").textContent = title;
    document.getElementById("content").replaceChildren(...content);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  play(path) {
    this.dialog.close();
    this.page.play(path.split("/").pop(), this.page.lab.ask("script", path));
  }

  lessons() {
    const scenes = this.page.lab.ask("scripts").split("\n").filter(Boolean).map((line) => {
      const [path, name, number, aim, takes] = line.split("\t");
      return { path, name: name.replaceAll("_", " "), number, aim, takes };
    });
    const lessons = scenes.filter((scene) => scene.number).map((scene) => make("button", {
      className: "item", onclick: () => this.play(scene.path),
    }, `${scene.number}. ${scene.name}`, make("small", { textContent: scene.aim }),
    scene.takes ? make("small", { textContent: `Takes ${scene.takes}` }) : ""));
    const folders = [...new Set(scenes.filter((scene) => !scene.number).map((scene) => scene.path.split("/")[0]))];
    const others = folders.map((folder) => make("details", {}, make("summary", { textContent: folder }),
      ...scenes.filter((scene) => scene.path.startsWith(folder + "/")).map((scene) => make("button", {
        className: "item", onclick: () => this.play(scene.path),
      }, scene.name, make("small", { textContent: scene.aim })))));
    this.open("raftlab", this.own(), make("h2", { textContent: "Lessons" }), ...lessons,
      make("h2", { textContent: "Scenes" }), ...others, ...this.sessions());
  }

  // What one can do with the lab itself.
  own() {
    const field = make("input", { type: "file", accept: ".lab,.wasm,text/plain,application/wasm" });
    field.onchange = () => {
      const [file] = field.files;
      if (!file) return;
      this.dialog.close();
      this.page.open(file);
    };
    return make("div", { className: "row" },
      action("The free lab", () => { this.dialog.close(); this.page.free(); }),
      make("label", { className: "file" }, "Open a script, or a Raft of yours (.wasm)…", field),
      action("Save this run as a script", () => download(this.page.fileName(), this.page.lab.ask("saved"))),
      action("Hunt…", () => this.page.hunting.ask()),
      action("Link to this scene", () => { this.dialog.close(); document.getElementById("share").click(); }));
  }

  sessions() {
    const kept = this.page.kept.all();
    if (kept.length === 0) return [];
    const rows = kept.map((session) => make("div", { className: "row" },
      make("span", { className: "name" }, session.name,
        make("small", { textContent: ` ${new Date(session.when).toLocaleString()}` })),
      action("Go on", () => { this.dialog.close(); this.page.resume(session); }),
      action("Save", () => download(session.name.replace(/(\.lab)?$/, ".lab"), session.text)),
      action("Forget", () => { this.page.kept.remove(session.key); this.lessons(); })));
    return [make("h2", { textContent: "Kept in this browser" }), ...rows];
  }

  text() {
    this.open("The screen as text", make("pre", { textContent: this.page.lab.ask("screen_text"), tabIndex: 0 }));
  }

  // Says what is wrong.
  tell(title, text, ...more) {
    this.open(title, make("pre", { className: "wrapped", textContent: text }), ...more);
  }

  stopped(error) {
    const [session] = this.page.kept.all();
    const again = action("Begin again", () => location.reload());
    const save = session && action("Save the session (.lab)", () => download("session.lab", session.text));
    const words = error instanceof Stopped ? error.message : "The page has stopped by a mistake of the program.";
    const detail = (error instanceof Stopped ? error.detail : error.stack) || "";
    this.tell("Stopped", `${words}\n\n${detail}\n\nWhat you did is kept up to your last command.`,
      make("div", { className: "row" }, again, ...(save ? [save] : [])));
  }
}
