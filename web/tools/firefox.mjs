// What the page does in Firefox, by its own protocol (WebDriver BiDi): a link, keys, a finger, the digests of
// some scripts, a Worker. Prints a line for each thing that is so, or says what is not and ends with status 1.
//
//     node --experimental-websocket web/tools/firefox.mjs FIREFOX PAGE.html LINK DIGESTS.tsv

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , program, page, link, table] = process.argv;
const profile = mkdtempSync(join(tmpdir(), "raftlab-firefox-"));
const firefox = spawn(program, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"],
  { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: profile } });
const ended = new Promise((resolve) => firefox.on("exit", resolve));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const address = () => new Promise((resolve, reject) => {
  let said = "";
  firefox.stderr.on("data", (bytes) => {
    said += bytes;
    const found = /listening on (ws:\S+)/.exec(said);
    if (found) resolve(found[1]);
  });
  firefox.on("exit", () => reject(new Error(said)));
  setTimeout(() => reject(new Error(`Firefox does not listen:\n${said}`)), 60_000).unref();
});

function expect(so, words, more = "") {
  if (!so) throw new Error(`not so: ${words} ${more}`);
  console.log(`so: ${words}`);
}

try {
  const socket = new WebSocket(`${await address()}/session`);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const [waiting, complaints] = [new Map(), []];
  let next = 1;
  socket.onmessage = ({ data }) => {
    const { id, type, result, message, params } = JSON.parse(data);
    if (type === "event" && params.level === "error") complaints.push(params.text);
    waiting.get(id)?.(type === "error" ? Promise.reject(new Error(message)) : result);
    waiting.delete(id);
  };
  const send = (method, params) => new Promise((resolve) => {
    waiting.set(next, resolve);
    socket.send(JSON.stringify({ id: next++, method, params }));
  });
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["log.entryAdded"] });
  const { context } = await send("browsingContext.create", { type: "window" });
  await send("browsingContext.setViewport", { context, viewport: { width: 1280, height: 800 } });
  const ask = async (expression) => {
    const told = await send("script.evaluate", { expression: `JSON.stringify(${expression})`, target: { context }, awaitPromise: true });
    if (told.type === "exception") throw new Error(`${expression}: ${told.exceptionDetails.text}`);
    return JSON.parse(told.result.value ?? "null");
  };
  const until = async (expression) => {
    for (const end = Date.now() + 60_000; !(await ask(`Boolean(${expression})`)); await pause(50)) {
      if (Date.now() > end) throw new Error(`never so: ${expression}\n${await ask("document.body.innerText")}`);
    }
  };
  const has = (words) => `raftlab.lab.ask("screen_text").includes(${JSON.stringify(words)})`;
  const act = (source) => send("input.performActions", { context, actions: [source] });
  const key = (value) => act({ type: "key", id: "keys", actions: [{ type: "keyDown", value }, { type: "keyUp", value }] });
  const digest = () => ask("raftlab.lab.ask('digest')");

  await send("browsingContext.navigate", { context, url: `${pathToFileURL(page).href}#${link.split("#")[1]}`, wait: "complete" });
  await until(`window.raftlab?.frames > 0 && ${has("beat 2")}`);
  expect(true, "a link opens its scene at its moment");
  const before = await digest();
  await key("X");
  await until(has("last: crash"));
  expect((await digest()) !== before, "a key crashes the leader");
  for (let turn = 0; turn < 9 && (await digest()) !== before; turn++) {
    await key(",");
    await pause(200);
  }
  expect((await digest()) === before, "a key goes back to what was before");
  await ask("(window.heard = [], raftlab.point = (act) => { heard.push(act); }, 0)");
  await act({ type: "pointer", id: "finger", parameters: { pointerType: "touch" }, actions: [
    { type: "pointerMove", x: 300, y: 500 }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }] });
  await until("heard.length > 0");
  expect((await ask("heard.join()")) === "0", "a tap is a click");
  const rows = readFileSync(table, "utf8").split("\n").map((row) => row.split("\t")).filter(([name]) => name.endsWith(".lab"));
  const some = rows.filter((_, at) => at % Math.ceil(rows.length / 8) === 0);
  for (const [name, seed, pinned] of some) {
    const text = readFileSync(join(dirname(table), "..", name), "utf8");
    const found = await ask(`raftlab.lab.ask("play", ${JSON.stringify(text)}, ${seed}, 0)`);
    if (found !== pinned) throw new Error(`${name} seed ${seed}: ${found} instead of ${pinned}`);
  }
  expect(some.length >= 8, "scripts have their digests");
  await ask("(raftlab.hunting.ask(), document.getElementById('flaw').value = 'forget-vote', 0)");
  await ask("([...document.querySelectorAll('dialog button')].find((it) => it.textContent === 'Hunt').click(), 0)");
  await until("document.getElementById('title').textContent.startsWith('Seed')");
  expect(true, "a hunt finds a planted flaw");
  expect(complaints.length === 0, "the page complains of nothing", complaints.join());
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  firefox.kill();
  await ended;
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  } catch {
    console.error(`${profile} is still written to`);
  }
  process.exit();
}
