// Followers of a presenter, in a browser, told from standard input what is expected of them:
//
//     node web/tools/follow.mjs ADDRESS COUNT
//
// `digest D`: all come to this digest, and to the same screen. `own`: the first goes its own way.
// `back`: it comes back. `again`: it loads its page again. `answer N TEXT`: all answer with choice N, once it has this text. `cut`: nobody reaches the presenter,
// `mend`: they do again. `marked N`: all still have choice N marked as theirs, in words. `over`: all are told that the
// class is over. `ask EXPRESSION`: what the first page says to that.

import net from "node:net";
import { createInterface } from "node:readline";
import { Browser } from "./browser.mjs";

const [, , address, count] = process.argv;

// The network between them, which can be cut.
const there = new URL(address);
const sockets = new Set();
const network = net.createServer((socket) => {
  const other = net.connect(Number(there.port), there.hostname);
  for (const [one, two] of [[socket, other], [other, socket]]) {
    sockets.add(one);
    one.pipe(two);
    one.on("error", () => {});
    one.on("close", () => { sockets.delete(one); two.destroy(); });
  }
});
const listen = (port) => new Promise((resolve) => network.listen(port, "127.0.0.1", resolve));
await listen(0);
const { port } = network.address();
const here = `http://127.0.0.1:${port}${there.pathname}`;

const browser = await Browser.start();
const screen = "raftlab.lab.ask('screen_text')";
const bar = (words) => `document.getElementById('class').textContent.includes(${JSON.stringify(words)})`;
try {
  const tabs = [];
  for (let at = 0; at < Number(count); at++) {
    const tab = await browser.page({ width: 390, height: 844, dots: 2, touch: true, apart: true });
    await tab.open(here);
    await tab.until("raftlab.follower && raftlab.name === 'followed.lab'");
    tabs.push(tab);
  }
  const [first] = tabs;
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, rest] = line.split(/ (.*)/);
    if (word === "digest") {
      for (const tab of tabs) await tab.until(`raftlab.lab.ask('digest') === ${JSON.stringify(rest)}`);
      // What lingers on one screen goes.
      for (let wait = 0; ; wait++) {
        const screens = new Set();
        for (const tab of tabs) screens.add(await tab.ask(screen));
        if (screens.size === 1) break;
        if (wait > 100) throw new Error(`${screens.size} screens\n${[...screens].join("\n\n")}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      console.log("same");
    } else if (word === "own") {
      // Back works at a question, too, where Space only asks for an answer.
      await first.tapOn("[data-key=',']");
      await first.until(bar("your own way"));
      console.log("own");
    } else if (word === "back") {
      await first.key("F2");
      await first.until(bar("follow the presenter"));
      console.log("back");
    } else if (word === "answer") {
      const [number, text] = rest.split(" ");
      const choice = `#said .choice:nth-of-type(${number})`;
      for (const tab of tabs) {
        // The question that stood before may still be there.
        await tab.until(`document.querySelector('${choice}')?.textContent === '${number} ${text}'`);
        // By either of the buttons that name it.
        await tab.tapOn(tab === first ? `#keys [data-key='${number}']` : choice);
        await tab.until(`document.querySelector('${choice}').getAttribute('aria-pressed') === 'true'`);
        // What others say would lead.
        if (await tab.ask("document.getElementById('said').textContent.includes('hands')")) throw new Error("hands are shown");
      }
      console.log("answered");
    } else if (word === "marked") {
      const choice = `document.querySelector('#said span.choice:nth-of-type(${rest})')?.textContent`;
      for (const tab of tabs) await tab.until(`${choice}?.includes('your answer') && ${choice}.includes('hands')`);
      console.log("marked");
    } else if (word === "pressed") {
      const choice = `document.querySelector('#said button.choice:nth-of-type(${rest})')?.getAttribute('aria-pressed')`;
      for (const tab of tabs) await tab.until(`${choice} === 'true'`);
      console.log("pressed");
    } else if (word === "over") {
      for (const tab of tabs) await tab.until(bar("class is over"));
      // What was seen stays, and goes on as one likes.
      const digest = await first.digest();
      await first.tapOn("[data-key=' ']");
      await first.until(`raftlab.lab.ask('digest') !== ${JSON.stringify(digest)}`);
      console.log("over");
    } else if (word === "again") {
      await first.open(here);
      await first.until(bar("follow the presenter"));
      console.log("again");
    } else if (word === "name") {
      for (const tab of tabs) await tab.until(`${screen}.replaceAll("_", " ").includes(${JSON.stringify(rest)})`);
      console.log("named");
    } else if (word === "cut") {
      network.close();
      sockets.forEach((socket) => socket.destroy());
      for (const tab of tabs) await tab.until(bar("be reached"));
      console.log("lost");
    } else if (word === "mend") {
      await listen(port);
      for (const tab of tabs) await tab.until(bar("follow the presenter"));
      console.log("found");
    } else if (word === "ask") {
      console.log(JSON.stringify(await first.ask(rest)));
    } else if (word === "picture") {
      await first.picture(rest);
      console.log("drawn");
    } else {
      break;
    }
  }
  const complaints = tabs.flatMap((tab) => tab.complaints).filter((text) => !/ERR_(CONNECTION|EMPTY|INCOMPLETE)/.test(text));
  console.log(complaints.length ? complaints.join("\n") : "no complaints");
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  await browser.end();
  // Standard input may still be open.
  process.exit();
}
