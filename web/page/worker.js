// What takes long is done in Workers, so that the page draws and answers all the while: the seeds of a
// hunt, and the futures of `:reroll` in a copy of the page's lab.

// Runs in the Worker, which has nothing else of the page but `Lab` and `Stopped`.
function work() {
  // How long it plays before it tells how far it is, in milliseconds, and in steps of the lab.
  const TELL = 100, STEPS = 40_000;

  function futures(lab, copy) {
    lab.become(copy);
    for (let before = ""; ;) {
      const told = lab.ask("play_lent", undefined, STEPS);
      if (!told || told === before) return;
      self.postMessage(before = told);
    }
  }

  function hunt(lab, { flaw, first, each, end }) {
    lab.write(flaw);
    lab.call("begin_hunt");
    let [played, undecided, told] = [0, 0, performance.now()];
    const tell = (more) => {
      self.postMessage({ played, undecided, ...more });
      [played, undecided, told] = [0, 0, performance.now()];
    };
    for (let seed = first; seed < end; seed += each) {
      const cameTo = lab.call("hunt_seed", seed);
      played++;
      if (cameTo === 2) undecided++;
      if (cameTo === 1) return tell({ seed, found: lab.at(lab.call("text"), lab.call("length")), over: true });
      if (performance.now() - told > TELL) tell({});
    }
    tell({ over: true });
  }

  self.onmessage = ({ data: { compiled, copy, seeds } }) => {
    const lab = new Lab(compiled, new WebAssembly.Instance(compiled, {}), false);
    if (copy) futures(lab, copy);
    else hunt(lab, seeds);
  };
}

// A Worker with a lab of its own, which is given something to do. `failed` is called if there can be none.
function begun(lab, task, heard, failed) {
  const source = `"use strict";${Stopped}\n${Lab}\n(${work})()`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const worker = new Worker(address);
    worker.onmessage = ({ data }) => heard(data);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      failed(event.message || "a Worker could not be started");
    };
    worker.postMessage({ compiled: lab.compiled, ...task }, task.copy ? [task.copy] : []);
    return worker;
  } catch (error) {
    failed(error.message);
    return null;
  }
}

// The futures of a question, which a Worker plays.
class Futures {
  constructor(page) {
    this.page = page;
  }

  // Once a frame: whatever is under way goes to a Worker, and what was given up is no longer played.
  look() {
    const { lab } = this.page;
    if (this.worker && !lab.call("lends")) this.stop();
    if (lab.call("lend") === 0) return;
    this.stop();
    const task = { copy: lab.copy() };
    this.worker = begun(lab, task, (told) => this.page.guard(() => this.hear(told)), () => this.page.guard(() => {
      lab.call("take_back");
      this.page.wake();
    }));
  }

  hear(told) {
    this.told = (this.told || 0) + 1;
    this.page.lab.write(told);
    this.page.lab.call("hear_of_lent");
    this.page.wake();
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }
}
