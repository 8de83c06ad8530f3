// Followers of a presenter, in a browser, told from standard input what is expected of them:
//
//     node web/tools/follow.mjs ADDRESS COUNT
//
// `digest D`: all come to this digest. `own`: the first goes its own way. `back`: it comes back.
// `answer N`: all answer the question that stands. `ask EXPRESSION`: what the first page says to that.

import { createInterface } from "node:readline";
import { Browser } from "./browser.mjs";

const [, , address, count] = process.argv;
const browser = await Browser.start();
try {
  const tabs = [];
  for (let at = 0; at < Number(count); at++) {
    const tab = await browser.page({ width: 390, height: 844, dots: 2, touch: true });
    await tab.open(address);
    await tab.until("raftlab.follower && raftlab.name === 'followed.lab'");
    tabs.push(tab);
  }
  const [first] = tabs;
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, rest] = line.split(/ (.*)/);
    if (word === "digest") {
      for (const tab of tabs) await tab.until(`raftlab.lab.ask('digest') === ${JSON.stringify(rest)}`);
      console.log("same");
    } else if (word === "own") {
      await first.tapOn("[data-key='X']");
      await first.until("document.getElementById('class').textContent.includes('your own way')");
      console.log("own");
    } else if (word === "back") {
      await first.key("F2");
      await first.until("document.getElementById('class').textContent.includes('follow the presenter')");
      console.log("back");
    } else if (word === "answer") {
      for (const tab of tabs) {
        await tab.until("document.querySelectorAll('#class .choice').length > 1");
        await tab.tapOn(`#class .choice:nth-of-type(${rest})`);
        await tab.until("document.querySelector('#class [aria-pressed=true]')");
      }
      console.log("answered");
    } else if (word === "lost") {
      await first.until("document.getElementById('class').textContent.includes('be reached')");
      console.log("lost");
    } else if (word === "ask") {
      console.log(JSON.stringify(await first.ask(rest)));
    } else if (word === "picture") {
      await first.picture(rest);
      console.log("drawn");
    } else {
      break;
    }
  }
  const complaints = tabs.flatMap((tab) => tab.complaints).filter((text) => !text.includes("ERR_CONNECTION"));
  console.log(complaints.length ? complaints.join("\n") : "no complaints");
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  await browser.end();
}
