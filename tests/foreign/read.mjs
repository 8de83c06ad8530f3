// What other programs make of the lab's files, by their packages in the folder MODULES:
//
//     node tests/foreign/read.mjs MODULES mermaid|resvg|asciinema FILE...
//
// Prints a line of JSON for each file: the kind of diagram; the picture's size and how many colours it has; how
// long a cast is, and what it shows at its second marker and when.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "../../web/tools/browser.mjs";

const [, , modules, kind, ...files] = process.argv;
const { resolve } = createRequire(join(modules, "x.js"));
const named = (name) => import(pathToFileURL(resolve(name)));
const say = (answer) => console.log(JSON.stringify(answer));
const text = (file) => readFileSync(file, "utf8");

async function mermaid() {
  const { default: { JSDOM } } = await named("jsdom");
  const { window } = new JSDOM("");
  Object.assign(globalThis, { window, document: window.document });
  const { default: mermaid } = await named("mermaid");
  const parsed = (file) => mermaid.parse(text(file)).catch((error) => ({ diagramType: error.message.split("\n")[0] }));
  for (const file of files) say((await parsed(file)).diagramType);
}

async function resvg() {
  const { default: { Resvg } } = await named("@resvg/resvg-js");
  for (const file of files) {
    const { width, height, pixels } = new Resvg(text(file), { font: { loadSystemFonts: true }, logLevel: "off" }).render();
    const colours = new Set();
    for (let at = 0; at < pixels.length; at += 4) colours.add(pixels.readUInt32LE(at));
    say({ width, height, colours: colours.size });
  }
}

async function asciinema() {
  const browser = await Browser.start();
  try {
    for (const file of files) {
      const tab = await browser.page();
      await tab.ask(text(join(modules, "asciinema-player/dist/bundle/asciinema-player.min.js")));
      await tab.ask(`player = AsciinemaPlayer.create({ data: ${JSON.stringify(text(file))} }, document.body, { preload: true }), 0`);
      await tab.until("player.getDuration() > 0");
      await tab.ask("player.seek({ marker: 1 })");
      await tab.until("document.body.innerText.includes('TERM')");
      const [length, at] = [await tab.ask("player.getDuration()"), await tab.ask("player.getCurrentTime()")];
      say({ length, at, shows: await tab.ask("document.body.innerText") });
    }
  } finally {
    await browser.end();
  }
}

await { mermaid, resvg, asciinema }[kind]();
