// Measures the page of web/dist and writes the table of docs/web.md:
//
//     web/build.sh && cargo build --release && node web/tools/measure.mjs

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Browser, program } from "./browser.mjs";
import { open } from "./module.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const page = join(root, "web/dist/raftlab.html");
const raftlab = process.env.RAFTLAB ?? join(root, "target/release/raftlab");
const rows = [];
const row = (what, figure) => {
  rows.push(`| ${what} | ${figure} |`);
  console.log(`${what}: ${figure}`);
};
const median = (numbers) => numbers.sort((one, other) => one - other)[numbers.length >> 1];
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

const html = readFileSync(page);
row("the page", megabytes(html.length));
row("the same, compressed (gzip)", megabytes(gzipSync(html, { level: 9 }).length));
row("the same, compressed (brotli)", megabytes(brotliCompressSync(html).length));
const module = await open(page);
row("its module", megabytes(module.bytes));

// Ten minutes of load, natively and in WebAssembly, by turns: the time of the processor, whatever else it does.
const script = `cluster servers=5 seed=1\nuntil leader\nload clients=8 for 600s\nrun 600s\n`;
const file = join(mkdtempSync(join(tmpdir(), "raftlab-measure-")), "load.lab");
writeFileSync(file, script);
const idle = join(dirname(file), "idle.lab");
writeFileSync(idle, "cluster servers=5 seed=1\nuntil leader\n");
const natively = (name) => {
  const asked = ["-c", 'TIMEFORMAT=%U; time "$0" run "$1" --seed 1 >/dev/null 2>&1', raftlab, name];
  return Number(spawnSync("bash", asked, { encoding: "utf8" }).stderr);
};
const here = () => {
  const begun = process.cpuUsage();
  module.play(1, script);
  return process.cpuUsage(begun).user / 1e6;
};
if (spawnSync(raftlab, ["run", file, "--seed", "1"]).status === 0) {
  const [native, web] = [[], []];
  // The first is also translated.
  here();
  const start = median([1, 2, 3, 4, 5].map(() => natively(idle)));
  for (let turn = 0; turn < 9; turn++) {
    native.push(natively(file) - start);
    web.push(here());
  }
  row("ten minutes of load, natively", `${median(native).toFixed(2)} s of the processor`);
  row("the same in WebAssembly (node)", `${median(web).toFixed(2)} s`);
  row("speed of the engine, natively 1", (median(native) / median(web)).toFixed(2));
} else {
  console.log(`without ${raftlab} (cargo build --release) the engine is not compared`);
}

// A class of two hundred.
const presenter = join(root, "web/tools/presenter.mjs");
const hall = spawnSync("node", [presenter, raftlab, join(root, "web/dist"), "200", "24"], { encoding: "utf8" });
if (hall.status === 0) hall.stdout.trim().split("\n").forEach((line) => row("a class of 200 on one core", line));
else console.log(`the class is not measured: ${hall.stderr}`);

const browser = await Browser.start();
try {
  const url = pathToFileURL(page).href;
  const first = [];
  for (let turn = 0; turn < 9; turn++) {
    const tab = await browser.page({ width: 1280, height: 800 });
    await tab.open(url);
    first.push(await tab.ask("raftlab.firstFrame"));
    await browser.send("Target.closeTarget", { targetId: tab.target });
  }
  row("from the address to the first frame", `${Math.round(median(first))} ms (best of ${first.length}: ${Math.round(first[0])})`);
  // 200 columns and 60 rows, in which everything moves.
  const tab = await browser.page({ width: 1600, height: 1000 });
  await tab.open(url);
  await tab.ask("raftlab.size = 13.3, raftlab.fit()");
  const wanted = await tab.ask(`(() => {
    const { screen, lab } = raftlab;
    screen.fit = function (width, height) {
      Object.getPrototypeOf(this).fit.call(this, 200 * 8, 4000, 13.3, [200, 60]);
      [this.columns, this.rows] = [200, 60];
      [this.canvas.width, this.canvas.height] = [200 * this.wide, 60 * this.high];
      return [200, 60];
    };
    raftlab.fit();
    return [screen.columns, screen.rows, screen.wide, screen.high];
  })()`);
  const figures = async (what) => {
    const before = await tab.ask("[raftlab.frames, raftlab.spent, performance.now()]");
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const after = await tab.ask("[raftlab.frames, raftlab.spent, performance.now()]");
    const [frames, spent, passed] = after.map((number, at) => number - before[at]);
    row(`frames a second at ${wanted[0]}×${wanted[1]}, ${what}`, (frames * 1000 / passed).toFixed(0));
    row(`work for each of them`, `${(spent / frames).toFixed(1)} ms`);
  };
  for (const name of ["handout/persist_partition.lab", "raft/twenty_five_servers.lab"]) {
    await tab.ask(`raftlab.play(${JSON.stringify(name)}, raftlab.lab.ask("script", ${JSON.stringify(name)}))`);
    await figures(name.split("/")[1].replace(".lab", ""));
  }
  // Every cell anew in each frame: the most that can be asked.
  const whole = await tab.ask(`(() => {
    const begun = performance.now();
    for (let turn = 0; turn < 20; turn++) {
      raftlab.lab.call("resize", 200, 60);
      raftlab.screen.draw(raftlab.lab.drawn());
    }
    raftlab.screen.pen.getImageData(0, 0, 1, 1);
    return (performance.now() - begun) / 20;
  })()`);
  row("a frame in which every cell is drawn again", `${whole.toFixed(1)} ms`);
} finally {
  await browser.end();
}

const version = execFileSync(program(), ["--version"]).toString().trim();
const table = `| what | figure |\n|---|---|\n${rows.join("\n")}\n\n` +
  `Measured on ${cpus().length} cores (${cpus()[0].model}), ${version} without GPU, node ${process.version}. ` +
  `Processes that wanted a core meanwhile: ${loadavg()[1].toFixed(1)}.\n`;
const docs = join(root, "docs/web.md");
const text = readFileSync(docs, "utf8");
const [before, rest] = text.split("<!-- measured -->\n");
const after = rest.split("<!-- end -->")[1];
writeFileSync(docs, `${before}<!-- measured -->\n${table}<!-- end -->${after}`);
