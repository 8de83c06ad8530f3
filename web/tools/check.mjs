// What the page does in a real browser, asked as a person would: by keys, fingers and links. Prints a
// line for each thing that is so, or says what is not and ends with status 1. tests/web.rs compares
// the digests with those of the program.
//
//     node web/tools/check.mjs PAGE.html LINK HOSTILE.html OUT

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [, , page, link, hostile, out] = process.argv;
const url = pathToFileURL(page).href;
const has = (words) => `raftlab.lab.ask('screen_text').includes(${JSON.stringify(words)})`;

function expect(so, words, more = "") {
  if (!so) throw new Error(`not so: ${words} ${more}`);
  console.log(`so: ${words}`);
}

// What the browser keeps of the session that is open, as a file of its own.
async function save(tab, name) {
  const [text, digest] = await tab.ask("[raftlab.lab.ask('saved'), raftlab.lab.ask('digest')]");
  writeFileSync(join(out, name), text);
  console.log(`digest: ${name} ${digest}`);
}

const browser = await Browser.start();
try {
  // A link: the script at its second beat. Keys step, crash the leader, and go back.
  const tab = await browser.page();
  await tab.open(url + "#" + link.split("#")[1]);
  await tab.until(has("beat 2"));
  expect(true, "a link opens its scene at its moment");
  await tab.key(".");
  await tab.key(".");
  await tab.key("X");
  await tab.until(has("crash"));
  const crashed = await tab.digest();
  expect(true, "a key crashes the leader");
  await save(tab, "keys.lab");
  await tab.key(",");
  await tab.key(",");
  await tab.until(`raftlab.lab.ask('digest') !== '${crashed}'`);
  await tab.key("u");
  expect(await tab.ask("document.getElementById('told').textContent.length > 0"), "a screen reader is told");

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

  // The same by fingers, on a phone.
  const phone = await browser.page({ width: 390, height: 844, dots: 2, touch: true });
  await phone.open(url + "#" + link.split("#")[1]);
  await phone.until(has("beat 2"));
  await phone.tapOn("[data-key='X']");
  await phone.until(has("crash"));
  expect(await phone.ask("raftlab.screen.columns >= 60"), "a phone has the columns that the lab needs");
  await save(phone, "touch.lab");
  expect(phone.complaints.length === 0, "the page of a phone complains of nothing", phone.complaints.join());

  // A script that would be markup is text: as a file, in a link, on the screen, in what is read out.
  const foe = await browser.page();
  await foe.open(pathToFileURL(hostile).href);
  await foe.until(has("beat 1"));
  await foe.ask("raftlab.menu.lessons()");
  await foe.ask("raftlab.menu.text()");
  expect(await foe.ask("window.hurt === undefined"), "nothing that a script says runs");
  const elements = "document.querySelectorAll('img, iframe, object, svg, script:not([type])').length";
  expect((await foe.ask(elements)) === 0, "nothing that a script says is markup");
  // Should markup get in by some mistake, the policy of the page still runs nothing of it.
  await foe.ask("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hurt=1\">')");
  await foe.ask("(() => { const s = document.createElement('script'); s.textContent = 'window.hurt=1';" +
    " document.body.append(s); })()");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await foe.ask("window.hurt === undefined"), "the policy of the page runs nothing of others");

  // A mistake of the program is told, with what it was.
  if (process.env.RAFTLAB_PANICS) {
    for (const key of ":panic") await foe.key(key);
    await foe.ask("raftlab.menu.dialog.close()");
    for (const key of ":panic") await foe.key(key);
    await foe.key("Enter");
    await foe.until("document.querySelector('dialog[open]')");
    expect((await foe.text()).includes("was typed, to see"), "a mistake of the program says what it was");
  }
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  await browser.end();
}
