// A Raft of another's on the page, in a real browser: in one file with its script, and opened on a page that
// loads what hosts it from where it lies. Prints a line for each thing that is so. tests/web.rs gives it what it needs.
//
//     node web/tools/guests.mjs FOLDER FILE.html LINK SCRIPT.lab RAFT.wasm DIGEST

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [, , folder, file, link, script, raft, digest] = process.argv;
let stale = true;
const served = createServer((request, answer) => {
  const name = basename(new URL(request.url, "http://x").pathname);
  if (!/^raftlab(-guests\.bin|\.html)$/.test(name)) return answer.writeHead(404).end();
  if (stale && name.endsWith("bin")) return answer.end("raftlab-guests 0123456789abcdef\n");
  answer.writeHead(200, { "content-type": name.endsWith("html") ? "text/html" : "application/octet-stream" });
  answer.end(readFileSync(join(folder, name)));
});
await new Promise((resolve) => served.listen(0, "127.0.0.1", resolve));

function expect(so, words, more = "") {
  if (!so) throw new Error(`not so: ${words} ${more}`);
  console.log(`so: ${words}`);
}

const browser = await Browser.start();
try {
  const text = readFileSync(script, "utf8");
  const played = (tab) => tab.ask(`raftlab.lab.ask("play", ${JSON.stringify(text)}, 5, 0)`);
  const opened = `raftlab.name.endsWith(${JSON.stringify(basename(script))})`;
  const dialog = "document.querySelector('dialog[open]')";

  const one = await browser.page();
  await one.open(pathToFileURL(file).href);
  await one.until(opened);
  expect((await played(one)) === digest, "one file plays a script with the Raft that it names", await played(one));
  await one.until("raftlab.lab.ask('screen_text').includes('LEADER')");

  const tab = await browser.page();
  await tab.open(`http://127.0.0.1:${served.address().port}/raftlab.html#${link.split("#")[1]}`);
  await tab.until(dialog);
  expect((await tab.text()).includes("Open that file here"), "a script says which Raft it is in want of");
  // The page of the tests hosts guests from the beginning.
  await tab.ask("raftlab.lab.module = { ...raftlab.lab.module, bring: undefined }, 0");
  const bring = (bytes, name) => tab.ask(`raftlab.open(new File([new Uint8Array(${JSON.stringify([...bytes])})], "${name}"))`);
  await bring(readFileSync(raft), basename(raft));
  expect((await tab.text()).includes("not of the same build"), "what is of another build hosts nothing", await tab.text());
  stale = false;
  await bring([1, 2, 3], "none.wasm");
  expect((await tab.text()).includes("none.wasm: "), "what is no Raft is refused", await tab.text());
  await bring(readFileSync(raft), basename(raft));
  await tab.until(`${opened} && !${dialog}`);
  expect((await played(tab)) === digest, "the page loads what hosts a Raft, and plays the script with it");
  await bring(readFileSync(raft), "my own.wasm");
  await tab.until("raftlab.name === 'my_own.lab'");
  expect((await tab.ask("raftlab.lab.ask('saved')")).includes("raft=my_own.wasm"), "a Raft alone runs in the free lab");
  const complaints = [...one.complaints, ...tab.complaints];
  expect(complaints.length === 0, "the page complains of nothing", complaints.join());

  // From a disk nothing can be loaded.
  const disk = await browser.page();
  await disk.open(pathToFileURL(join(folder, "raftlab.html")).href);
  await disk.ask("raftlab.lab.module = { ...raftlab.lab.module, bring: undefined }, 0");
  await disk.ask(`raftlab.open(new File(["x"], "x.wasm"))`);
  expect((await disk.text()).includes("raftlab page SCRIPT.lab"), "a page from a disk says what to do");
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  await browser.end();
  served.close();
}
