// A hunt on the page: thousands of runs with faults at random, on all cores, until one goes wrong. The
// script of it is as small as it gets, and is played.

// The most Workers, and the most seeds that can be asked for.
const WORKERS_MAX = 8, SEEDS_MAX = 1_000_000;

class Hunting {
  constructor(page) {
    this.page = page;
    this.workers = [];
  }

  // Asks what is hunted.
  ask() {
    const flaws = this.page.lab.ask("flaws").split("\n").filter(Boolean).map((line) => line.split("\t"));
    const flaw = make("select", { id: "flaw" }, make("option", { value: "", textContent: "none: the lab's own Raft" }),
      ...flaws.map(([name, departure]) => make("option", { value: name, textContent: `${name}: ${departure}` })));
    const seeds = make("input", { id: "seeds", type: "number", min: 1, max: SEEDS_MAX, value: 2_000 });
    const go = action("Hunt", () => this.begin(flaw.value, Math.max(1, Math.min(SEEDS_MAX, Number(seeds.value) || 1))));
    this.page.menu.open("Hunt", make("p", { textContent:
      "Plays a run for each seed, with crashes, partitions and slow networks at random, and checks every rule. " +
      "What goes wrong becomes the smallest script that shows it." }),
    make("label", { className: "row" }, "Planted flaw", flaw), make("label", { className: "row" }, "Seeds", seeds),
    make("div", { className: "row" }, go));
  }

  begin(flaw, seeds) {
    this.stop();
    this.flaw = flaw;
    [this.seeds, this.played, this.undecided, this.over] = [seeds, 0, 0, 0];
    this.begun = performance.now();
    const count = Math.max(1, Math.min(navigator.hardwareConcurrency || 1, WORKERS_MAX, seeds));
    this.said = make("p", { role: "status" });
    this.page.menu.open("Hunt", this.said,
      make("div", { className: "row" }, action("Stop", () => { this.stop(); this.page.menu.dialog.close(); })));
    // Closed by whatever means, it is over.
    this.page.menu.dialog.addEventListener("close", () => this.stop(), { once: true });
    this.say();
    for (let number = 0; number < count; number++) {
      const task = { seeds: { flaw, first: 1 + number, each: count, end: 1 + seeds } };
      const worker = begun(this.page.lab, task, (told) => this.hear(told),
        (why) => { this.stop(); this.page.menu.tell("The hunt has stopped", why); });
      if (worker) this.workers.push(worker);
    }
    this.count = count;
  }

  hear({ played, undecided, seed, found, over }) {
    if (this.workers.length === 0) return;
    this.played += played;
    this.undecided += undecided;
    if (found) return this.found(seed, found);
    if (over && ++this.over === this.count) return this.none();
    this.say();
  }

  rate() {
    const seconds = (performance.now() - this.begun) / 1000;
    const rate = seconds > 0.5 && this.played ? `, ${Math.round(this.played / seconds)} a second` : "";
    return `${this.played} of ${this.seeds} runs${rate}`;
  }

  say() {
    this.said.textContent = this.rate();
  }

  found(seed, text) {
    this.stop();
    const [rule, evidence, commands] = text.split("\n", 3);
    const script = text.slice(rule.length + evidence.length + commands.length + 3);
    const name = `hunt${this.flaw && "-" + this.flaw}-${rule}-${seed}.lab`;
    const size = commands ? `Shrunk to ${commands} ${commands === "1" ? "command" : "commands"}.` : "As it was found.";
    const { menu } = this.page;
    menu.open(`Seed ${seed}: ${rule}`, make("p", { textContent: evidence }), make("p", { textContent: `${size} ${this.rate()}.` }),
      make("div", { className: "row" },
        action("Play it", () => { menu.dialog.close(); this.page.play(name, script); }),
        action("Save", () => download(name, script))),
      make("pre", { textContent: script, tabIndex: 0 }));
  }

  none() {
    const { played, undecided } = this;
    this.stop();
    const more = undecided ? ` ${undecided} came to no end, and say nothing.` : "";
    this.page.menu.tell("Nothing found", `In ${played} runs no rule was broken.${more}`);
  }

  stop() {
    this.workers.forEach((worker) => worker.terminate());
    this.workers = [];
  }
}
