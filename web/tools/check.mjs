// What the page does in a real browser, asked as a person would: by keys, fingers and links. Prints a
// line for each thing that is so, or says what is not and ends with status 1. tests/web.rs compares
// what it leaves in OUT, and the digests, with what the program says.
//
//     node web/tools/check.mjs PAGE.html LINK HOSTILE.html HOSTILE-LINK DIGESTS.tsv OUT

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [, , page, link, hostile, hostileLink, table, out] = process.argv;
const url = pathToFileURL(page).href;
const here = (other) => url + "#" + other.split("#")[1];
const has = (words) => `raftlab.lab.ask('screen_text').includes(${JSON.stringify(words)})`;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function expect(so, words, more = "") {
  if (!so) throw new Error(`not so: ${words} ${more}`);
  console.log(`so: ${words}`);
}

async function press(tab, keys) {
  for (const key of keys) await tab.key(key);
}

// Saves the run by the button of the menu, as a file that the browser puts among its downloads.
async function save(tab, name) {
  const file = join(out, await tab.ask("raftlab.fileName()"));
  await tab.click("#open-menu");
  // At once: time may pass in the lab meanwhile.
  const digest = await tab.ask(`(() => {
    [...document.querySelectorAll("dialog button")].find((it) => it.textContent.startsWith("Save this run")).click();
    return raftlab.lab.ask("digest");
  })()`);
  for (let wait = 0; !existsSync(file); wait++) {
    if (wait > 300) throw new Error(`${file} was never saved`);
    await pause(30);
  }
  renameSync(file, join(out, name));
  await tab.ask("raftlab.menu.dialog.close()");
  console.log(`digest: ${name} ${digest}`);
}

// What `:reroll` says in the end, with a Worker or without.
async function reroll(tab, name) {
  await tab.ask(`raftlab.play("again.lab", ${JSON.stringify(name)})`);
  await tab.until(has("LEADER OF"));
  await press(tab, ":reroll 3000 until S1 is leader within 2s");
  await tab.key("Enter");
  await tab.until(has("in 3000 of") + "||" + has("of 3000:"), 60);
  return /It comes true in .*/.exec(await tab.text())?.[0];
}

const browser = await Browser.start();
try {
  await browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: out });
  // A link: the script at its second beat. Keys step, crash the leader, and go back.
  const tab = await browser.page();
  await tab.open(here(link));
  await tab.until(has("beat 2"));
  expect(true, "a link opens its scene at its moment");
  await tab.key(".");
  await tab.key(".");
  const before = await tab.digest();
  await tab.key("X");
  await tab.until(has("last: crash"));
  const crashed = await tab.digest();
  expect(crashed !== before, "a key crashes the leader");
  await save(tab, "keys.lab");
  for (let turn = 0; turn < 5 && (await tab.digest()) !== before; turn++) {
    await tab.key(",");
    await pause(200);
  }
  expect((await tab.digest()) === before, "a key goes back to what was before");
  await tab.key("u");
  expect(await tab.ask("document.getElementById('told').textContent.length > 0"), "a screen reader is told");
  // Also where Alt and a letter make another sign, as on a Mac.
  for (const [key, code] of [["t", "KeyT"], ["µ", "KeyM"]]) {
    await tab.ask(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", code: "${code}", altKey: true, bubbles: true }))`);
    expect(await tab.ask("document.getElementById('dialog').open"), `Alt+${code.at(-1)} opens what it says`);
    await tab.ask("raftlab.menu.dialog.close()");
  }

  // Where a browser gives back noise for what was drawn, cells are painted instead of copied.
  const same = await tab.ask(`(() => {
    const { screen, lab } = raftlab;
    const drawn = (reads) => {
      screen.readsBack = reads;
      lab.call("resize", screen.columns, screen.rows);
      screen.draw(lab.drawn());
      return screen.canvas.toDataURL();
    };
    return screen.readsBack && drawn(false) === drawn(true);
  })()`);
  expect(same, "cells that are painted look like those that are copied");

  // A few of the repository's scripts, from their text to their digest, in this browser.
  const rows = readFileSync(table, "utf8").split("\n").map((row) => row.split("\t")).filter(([name]) => name.endsWith(".lab"));
  const some = rows.filter((_, at) => at % Math.ceil(rows.length / 8) === 0);
  for (const [name, seed, digest] of some) {
    const text = readFileSync(join(dirname(table), "..", name), "utf8");
    const found = await tab.ask(`raftlab.lab.ask("play", ${JSON.stringify(text)}, ${seed}, 0)`);
    if (found !== digest) throw new Error(`${name} seed ${seed}: ${found} instead of ${digest}`);
  }
  expect(some.length >= 8, "scripts have their digests in a browser");

  // What was done is kept in the browser, and can be gone on with when the page is opened anew.
  await tab.key("c");
  await tab.until("raftlab.kept.all().some((session) => session.text.includes('did '))");
  const kept = await tab.ask("raftlab.kept.all()[0].text");
  await tab.ask("location.hash = ''");
  await tab.ask("raftlab.resume(raftlab.kept.all()[0])");
  await tab.until(has("where it was left"));
  expect(kept.includes("did "), "a session is kept, and gone on with");

  // Links that were cut short say so.
  await tab.ask(`location.hash = ${JSON.stringify(link.split("#")[1].slice(0, -9))}`);
  await tab.until("document.querySelector('dialog[open]')");
  expect((await tab.text()).includes("cut short"), "a link that was cut short says so");
  await tab.ask("raftlab.menu.dialog.close()");

  // Thousands of futures, by a Worker and by the page itself; frames come all the while.
  const start = "cluster servers=3 seed=4\nuntil leader\ncrash leader\nrun 1ms\nuntil leader\n";
  const frames = await tab.ask("raftlab.frames");
  const worker = await reroll(tab, start);
  const [told, shown] = await tab.ask("[raftlab.futures.told, raftlab.frames]");
  expect(told > 0 && shown > frames, "a Worker plays the futures of a question");
  await tab.key("Escape");
  await tab.ask("raftlab.futures.look = () => {}");
  const itself = await reroll(tab, start);
  expect(worker && worker === itself, "it says what the page itself says", `${worker} ${itself}`);

  // A hunt in Workers: what goes wrong, as small as it gets, is played.
  await tab.ask("raftlab.hunting.ask()");
  await tab.ask("document.getElementById('flaw').value = 'forget-vote'");
  await tab.ask("[...document.querySelectorAll('dialog button')].find((it) => it.textContent === 'Hunt').click()");
  await tab.until("document.getElementById('title').textContent.startsWith('Seed')", 60);
  const seed = /Seed (\d+):/.exec(await tab.ask("document.getElementById('title').textContent"))[1];
  writeFileSync(join(out, "hunt.lab"), await tab.ask("document.querySelector('dialog pre').textContent"));
  await tab.ask("[...document.querySelectorAll('dialog button')].find((it) => it.textContent === 'Play it').click()");
  await tab.until("raftlab.name.startsWith('hunt-forget-vote-')");
  expect(true, "a hunt finds a planted flaw, and plays it");
  console.log(`hunt: ${seed}`);
  expect(tab.complaints.length === 0, "the page complains of nothing", tab.complaints.join());

  // The same by fingers, on a phone.
  const phone = await browser.page({ width: 390, height: 844, dots: 2, touch: true });
  await phone.open(here(link));
  await phone.until(has("beat 2"));
  const whole = await phone.digest();
  await phone.tapOn("[data-key='X']");
  await phone.until(`raftlab.lab.ask('digest') !== '${whole}' && ${has("last: crash")}`);
  expect(true, "a finger crashes the leader");
  // However busy the page is: each tap presses once, and none is taken for a finger that rests.
  await phone.ask(`(() => {
    const { press, point } = raftlab;
    raftlab.heard = [];
    raftlab.press = (key, ...more) => { raftlab.heard.push(key); return press.call(raftlab, key, ...more); };
    raftlab.point = (act, ...more) => { raftlab.heard.push(act); return point.call(raftlab, act, ...more); };
  })()`);
  for (const selector of ["[data-key='w']", "#screen"]) {
    const [x, y] = await phone.middle(selector);
    await phone.tap(x, y);
    await pause(700);
    // The finger comes, the page is busy, the finger leaves.
    await phone.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
    await phone.busy(900);
    await phone.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await pause(700);
  }
  const heard = await phone.ask("raftlab.heard.join()");
  expect(heard === "w,w,0,0", "a busy page hears every tap, and once", heard);
  await phone.key("Escape");
  const asks = "cluster servers=3 seed=5\nuntil leader\nsay Look.\nask Who leads? | S1 | S2\nrun 1ms\nbeat\n";
  const pupil = await browser.page({ width: 390, height: 844, dots: 2, touch: true });
  await pupil.open(url);
  await pupil.ask(`raftlab.play("asks.lab", ${JSON.stringify(asks)}, "beat 1")`);
  await pupil.until("document.querySelector('#said button.choice')");
  await pupil.tapOn("[data-key='2']");
  await pupil.until("document.getElementById('said').innerText.includes('your answer')");
  expect(true, "a finger answers a question");
  // What is said and asked stands whole in the page's letters; a choice is a button there.
  const captioned = "cluster servers=3 seed=5\nuntil leader\nsay \"One\\u{1b}[31m, and a caption of so many words that no two rows of " +
    "sixty columns hold them all, whatever one leaves out.\"\nask Who leads? | \"S1 \u202e or not\" if leader = S1 | S2 if leader = S2\nrun 1ms\nbeat\n";
  await pupil.ask(`raftlab.play("told.lab", ${JSON.stringify(captioned)}, "beat 1")`);
  const said = "document.getElementById('said').innerText";
  await pupil.until(`${said}.includes('leaves out')`);
  const [letters, reader] = await pupil.ask(`[${said}, (raftlab.tell(0), document.getElementById('told').textContent)]`);
  for (const text of [letters, reader]) {
    expect(text.includes("\\u{202e}") && !/[\u202e\u001b]/.test(text), "what hides or turns letters around is spelled out", text);
  }
  expect(!(await pupil.ask(has("sixty columns"))), "the lab's rows are for its panes");
  const least = await pupil.ask("getComputedStyle(document.getElementById('said')).fontSize");
  await pupil.tapOn("#larger");
  expect((await pupil.ask("getComputedStyle(document.getElementById('said')).fontSize")) !== least, "A+ makes it larger");
  await pupil.tapOn("#said .choice:nth-of-type(2)");
  await pupil.until("document.querySelector('#said .choice:nth-of-type(2)').getAttribute('aria-pressed') === 'true'");
  await pupil.tapOn("[data-key=' ']");
  await pupil.until(`/✓ 1 S1/.test(${said}) && /2 S2 your answer/.test(${said})`);
  expect(true, "its answer is marked, and one's own");
  expect(await phone.ask("raftlab.screen.columns >= 60"), "a phone has the columns that the lab needs");
  const sideways = await browser.page({ width: 740, height: 360, dots: 2, touch: true });
  await sideways.open(here(link));
  await sideways.until(has("beat 2"));
  expect(await sideways.ask("raftlab.screen.rows >= 18"), "held sideways it has the rows");
  // A choice that is drawn answers where it is tapped.
  await sideways.ask(`raftlab.play("asks.lab", ${JSON.stringify(asks)}, "beat 1")`);
  await sideways.until(has("1-2 answers"));
  const drawn = await sideways.ask(`(() => {
    const { screen, lab } = raftlab, box = screen.canvas.getBoundingClientRect();
    const row = [...Array(screen.rows).keys()].find((y) => lab.call("choice_at", 3, y) === 2);
    return [box.x + 30, box.y + (row + 0.5) * box.height / screen.rows];
  })()`);
  await sideways.tap(...drawn);
  await sideways.until(has("your answer"));
  expect(true, "a drawn choice answers where it is tapped");
  await save(phone, "touch.lab");
  expect(phone.complaints.length === 0, "the page of a phone complains of nothing", phone.complaints.join());

  // A script that would be markup is text: as a file, in a link, on the screen, in what is read out.
  for (const [address, what] of [[pathToFileURL(hostile).href, "file"], [here(hostileLink), "link"]]) {
    const foe = await browser.page();
    await foe.open(address);
    await foe.until(has("onerror"));
    await foe.ask("raftlab.menu.lessons()");
    await foe.ask("raftlab.menu.text()");
    expect(await foe.ask("window.hurt === undefined"), `nothing that the script of a ${what} says runs`);
    const elements = "document.querySelectorAll('img, iframe, object, svg, script:not([type])').length";
    expect((await foe.ask(elements)) === 0, `nothing that the script of a ${what} says is markup`);
    // Should markup get in by some mistake, the policy of the page still runs nothing of it.
    await foe.ask("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hurt=1\">')");
    await foe.ask("(() => { const s = document.createElement('script'); s.textContent = 'window.hurt=1';" +
      " document.body.append(s); })()");
    await pause(200);
    expect(await foe.ask("window.hurt === undefined"), "the policy of the page runs nothing of others");
  }

  // A page that came only in part, or was changed on its way.
  const html = readFileSync(page, "utf8");
  const torn = html.slice(0, html.length / 2), changed = html.replace(/(id="module">[^<]{5000})...../, "$1AAAAA");
  for (const [which, what] of [["cut short", torn], ["changed", changed]]) {
    const file = join(out, "torn.html");
    writeFileSync(file, what);
    const poor = await browser.page();
    await poor.open(pathToFileURL(file).href);
    expect((await poor.ask("document.body.innerText")).includes("not whole"), `a page that was ${which} says so`);
  }

  // A mistake of the program is told, with what it was.
  if (process.env.RAFTLAB_PANICS) {
    await press(tab, ":panic");
    await tab.key("Enter");
    await tab.until("document.querySelector('dialog[open]')");
    expect((await tab.text()).includes("was typed, to see"), "a mistake of the program says what it was");
  }
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  await browser.end();
}
