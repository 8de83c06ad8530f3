// A page that follows a presenter: what is done there is done here, as it comes. Whoever acts, lets
// time go on or goes back goes their own way, and comes back by F2 or the button.

class Follower {
  constructor(page) {
    this.page = page;
    this.bar = document.getElementById("class");
    this.bar.hidden = false;
    this.question = null;
    window.addEventListener("keydown", (event) => {
      if (event.key !== "F2") return;
      event.preventDefault();
      this.connect();
    });
    this.connect();
  }

  // From the beginning: the presenter's side tells the whole first.
  connect() {
    this.source?.close();
    [this.own, this.lost] = [false, false];
    this.source = new EventSource("events");
    const on = (kind, act) => this.source.addEventListener(kind, (event) => this.page.guard(() => act(event.data)));
    on("you", (number) => {
      [this.number, this.lost] = [number, false];
      this.show();
    });
    on("whole", (text) => { if (!this.own) this.page.followWhole(text); });
    on("line", (line) => {
      if (this.own) return;
      if (this.page.lab.ask("follow", line)) this.connect();
      this.page.wake();
    });
    on("question", (text) => {
      const { number, choices } = JSON.parse(text);
      this.question = choices ? { number, choices } : null;
      this.show();
    });
    // A browser tries again by itself.
    this.source.onerror = () => {
      this.lost = true;
      this.show();
    };
    this.show();
  }

  // After something was pressed here.
  heed() {
    if (this.own || !this.page.lab.call("strays")) return;
    this.own = true;
    this.show();
  }

  show() {
    const parts = [];
    const say = (text) => parts.push(make("span", { textContent: text }));
    if (this.lost) say("The presenter can't be reached. Trying again.");
    else if (this.own) say("You go your own way.");
    else say("You follow the presenter.");
    if (this.own) parts.push(action("Back to the class (F2)", () => this.connect()));
    if (this.question && !this.lost) {
      this.question.choices.forEach((choice, at) => {
        const button = action(`${at + 1} ${choice}`, () => this.answer(at));
        button.setAttribute("aria-pressed", String(this.question.said === at));
        button.className = "choice";
        parts.push(button);
      });
    }
    this.bar.replaceChildren(...parts);
  }

  async answer(at) {
    const question = this.question;
    const body = `${this.number} ${question.number} ${at}`;
    const { ok } = await fetch("answer", { method: "POST", body }).catch(() => ({ ok: false }));
    if (ok) question.said = at;
    this.show();
  }
}
