// A page that follows a presenter: what is done there is done here, as it comes. Whoever acts, lets
// time go on or goes back goes their own way, and comes back by F2 or the button.

// For how long nothing need be heard (the presenter's side says something every ten seconds), how soon one
// tries again, not all phones of a hall at once, and how soon an answer is sent again; in milliseconds.
const SILENT = 25_000, AGAIN = 1_000, SOON = 300;

class Follower {
  constructor(page) {
    this.page = page;
    this.bar = document.getElementById("class");
    this.bar.hidden = false;
    [this.question, this.own, this.lost, this.over, this.ended] = [null, false, false, false, false];
    // Whoever loads the page again, or has it in two tabs, has one hand all the same. The address has a word
    // of its own for each class.
    this.place = `raftlab hand ${location.pathname}`;
    try { this.number = localStorage.getItem(this.place); } catch { /* This browser keeps nothing. */ }
    window.addEventListener("keydown", (event) => {
      if (event.key !== "F2") return;
      event.preventDefault();
      this.back();
    });
    // A phone that slept, or has found its network again.
    const look = () => { if (!this.ended && (this.lost || performance.now() - this.heard > SILENT)) this.connect(); };
    document.addEventListener("visibilitychange", () => document.hidden || look());
    window.addEventListener("online", look);
    setInterval(() => this.lost || look(), SILENT / 5);
    this.connect();
  }

  // From the beginning: the presenter's side tells the whole first.
  connect() {
    this.source?.close();
    clearTimeout(this.again);
    this.heard = performance.now();
    const source = this.source = new EventSource(this.number ? `events?you=${this.number}` : "events");
    const on = (kind, act) => source.addEventListener(kind, ({ data }) => {
      this.heard = performance.now();
      this.page.guard(() => act(data));
    });
    on("beat", () => {});
    on("you", (number) => {
      [this.number, this.lost, this.over] = [number, false, false];
      try { localStorage.setItem(this.place, number); } catch { /* The same. */ }
      this.show();
    });
    on("whole", (text) => {
      if (this.own) return;
      this.page.followWhole(text);
      this.raise();
    });
    on("line", (line) => {
      if (this.own) return;
      if (this.page.lab.ask("follow", line)) this.connect();
      this.page.wake();
    });
    on("question", (text) => {
      const { number, choices } = JSON.parse(text);
      const said = this.question?.number === number ? this.question.said : undefined;
      this.question = { number, choices, said };
      this.raise();
      this.show();
    });
    // What was answered before the page was loaded again.
    on("said", (choice) => {
      this.question.said = Number(choice);
      this.raise();
    });
    on("over", () => {
      source.close();
      this.ended = true;
      this.show();
    });
    source.onerror = () => {
      source.close();
      this.lost = true;
      this.show();
      // A lab that was started again has another address.
      fetch(location.pathname, { method: "HEAD", cache: "no-store" }).then(({ status }) => {
        this.over = status === 404;
        this.show();
      }, () => {});
      this.again = setTimeout(() => this.connect(), AGAIN * (1 + 2 * Math.random()));
    };
    this.show();
  }

  // To the class, from one's own way.
  back() {
    if (this.ended) return;
    this.own = false;
    this.connect();
  }

  // A key that is an answer: a follower raises a hand by it. Whether it was one.
  answers(key) {
    const at = Number(key) - 1;
    if (this.own || this.ended || !this.question?.choices?.[at]) return false;
    // While the presenter can't be reached it goes nowhere, which is said.
    if (!this.lost) this.answer(at);
    return true;
  }

  // The lab marks the choice.
  raise() {
    const { said } = this.question ?? {};
    if (!this.own) this.page.lab.call("raise_hand", said === undefined ? 0 : said + 1);
    this.page.wake();
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
    if (this.ended) say("The class is over. The run is yours: go on as you like.");
    else if (this.lost && this.over) say("This class is over, or has another address: scan its code again.");
    else if (this.lost) say("The presenter can't be reached. Trying again.");
    else if (this.own) say(this.question?.choices ? "You go your own way. The class is asked something." : "You go your own way.");
    else say("You follow the presenter. What you try stays here.");
    if (this.own && !this.ended) parts.push(action("Back to the class (F2)", () => this.back()));
    this.bar.replaceChildren(...parts);
  }

  async answer(at) {
    const question = this.question;
    const body = `${this.number} ${question.number} ${at}`;
    const send = () => fetch("answer", { method: "POST", body }).catch(() => ({}));
    let answer = await send();
    // Too soon after the last one.
    if (answer.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, SOON));
      answer = await send();
    }
    if (answer.ok) question.said = at;
    this.raise();
  }
}
