// A presenter in a terminal that nobody sees, with a class of so many, on one core: what a follower costs.
//
//     node web/tools/presenter.mjs RAFTLAB WEB-FOLDER COUNT SECONDS

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [, , raftlab, web, count, seconds] = process.argv;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const state = mkdtempSync(join(tmpdir(), "raftlab-presenter-"));
const core = spawnSync("taskset", ["--version"]).status === 0 ? "taskset -c 0 " : "";
const line = `stty cols 120 rows 40; exec ${core}${raftlab} lesson 7 --audience --web ${web}`;
const terminal = spawn("script", ["-qfc", line, "/dev/null"],
  { env: { ...process.env, TERM: "xterm-256color", XDG_STATE_HOME: state } });
let shown = "";
terminal.stdout.on("data", (bytes) => { shown += bytes; });
const ended = new Promise((resolve) => terminal.on("exit", resolve));
try {
  let address;
  for (let wait = 0; !address; wait++) {
    if (wait > 300) throw new Error(`no address:\n${shown}`);
    await pause(100);
    address = /http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{24}\//.exec(shown)?.[0];
  }
  const [pid] = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, "utf8").trim().split(" ");
  const memory = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const perSecond = Number(execFileSync("getconf", ["CLK_TCK"]));
  // The lesson stands at its first beat: what grows now is what followers take.
  terminal.stdin.write("\x1b");
  await pause(3000);
  const before = memory();
  const tool = join(dirname(fileURLToPath(import.meta.url)), "followers.mjs");
  const followers = spawn("node", [tool, address, count, seconds], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  followers.stdout.on("data", (bytes) => { told += bytes; });
  const gone = new Promise((resolve) => followers.on("exit", resolve));
  await pause(4000);
  const after = memory();
  // From here on it plays, from beat to beat.
  const [spent, begun] = [ticks(), performance.now()];
  const keys = setInterval(() => terminal.stdin.write(" "), 1500);
  await gone;
  clearInterval(keys);
  const share = (ticks() - spent) / perSecond / ((performance.now() - begun) / 1000);
  process.stdout.write(told);
  console.log(`the presenter's memory: ${(before / 1000).toFixed(1)} MB alone, ${(after / 1000).toFixed(1)} MB with ${count} ` +
    `followers, ${((after - before) / Number(count)).toFixed(1)} kB each`);
  console.log(`the presenter's work, drawing and all: ${(100 * share).toFixed(0)} % of a core`);
} finally {
  terminal.kill();
  await ended;
  rmSync(state, { recursive: true, force: true, maxRetries: 5 });
}
