// A headless Chromium, driven by its DevTools protocol through two pipes: no package is needed.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// The program of a browser; null where none is.
export function program() {
  const named = process.env.RAFTLAB_BROWSER;
  const found = (named ? [named] : NAMES).find((name) => spawnSync(name, ["--version"]).status === 0);
  return found ?? null;
}

export class Browser {
  static async start() {
    const name = program();
    if (!name) throw new Error("no Chromium");
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), "raftlab-browser-"));
    const flags = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
      "--hide-scrollbars", "--disable-extensions", "--mute-audio", "--disable-background-networking",
      "--disable-component-update", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", `--user-data-dir=${browser.profile}`, "about:blank"];
    if (process.getuid?.() === 0) flags.unshift("--no-sandbox");
    browser.process = spawn(name, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    [browser.next, browser.waiting, browser.heard] = [1, new Map(), new Map()];
    let rest = Buffer.alloc(0);
    browser.process.stdio[4].on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
        browser.hear(JSON.parse(rest.subarray(0, end)));
      }
    });
    browser.process.on("exit", () => {
      for (const { reject } of browser.waiting.values()) reject(new Error("the browser has ended"));
    });
    return browser;
  }

  hear(message) {
    const waiting = this.waiting.get(message.id);
    if (waiting) {
      this.waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
      else waiting.resolve(message.result);
    } else if (message.method) {
      this.heard.get(message.sessionId)?.(message);
    }
  }

  send(method, params = {}, sessionId) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, method });
      this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }

  // A page in a window of its own, for one behind another gets no frames: so large, with a touch screen if that is said.
  async page({ width = 1280, height = 800, dots = 1, touch = false, apart = false } = {}) {
    // Apart from the others as on another machine: of one browser a server gets six connections.
    const context = apart ? await this.send("Target.createBrowserContext") : {};
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", newWindow: true, ...context });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Tab(this, sessionId, targetId);
    this.heard.set(sessionId, (message) => page.hear(message));
    await page.send("Page.enable");
    await page.send("Runtime.enable");
    await page.send("Log.enable");
    await page.send("Emulation.setDeviceMetricsOverride",
      { width, height, deviceScaleFactor: dots, mobile: touch });
    if (touch) await page.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    return page;
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    // Its children may still write there, and a folder that is left among the temporary ones is no failure.
    try {
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 20 });
    } catch {
      console.error(`${this.profile} is still written to`);
    }
  }
}

class Tab {
  constructor(browser, session, target) {
    Object.assign(this, { browser, session, target, complaints: [], loaded: () => {} });
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  hear({ method, params }) {
    if (method === "Page.loadEventFired") this.loaded();
    // What scripts did wrong, and what the policy of the page refused.
    if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") this.complaints.push(params.entry.text);
    if (method === "Page.javascriptDialogOpening") this.complaints.push(`alert: ${params.message}`);
  }

  async open(url) {
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    await this.send("Page.navigate", { url });
    await loaded;
    await this.until("window.raftlab?.frames > 0 || document.querySelector('dialog[open], body > pre')");
  }

  async ask(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate",
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  async until(expression, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const value = await this.ask(expression);
      if (value) return value;
      if (Date.now() > end) throw new Error(`never so: ${expression}\n${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  // What stands on the screen of the lab, or over it.
  text() {
    return this.ask("document.querySelector('dialog[open]')?.innerText ?? " +
      "window.raftlab?.lab.ask('screen_text') ?? document.body.innerText");
  }

  digest() {
    return this.ask("raftlab.lab.ask('digest')");
  }

  async key(key, modifiers = 0) {
    const text = key.length === 1 && !modifiers ? { text: key } : {};
    const code = key === " " ? { code: "Space" } : {};
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", { type, key, modifiers, ...code, ...(type === "keyDown" ? text : {}) });
    }
  }

  async tap(x, y) {
    // Both at once: a finger that rests while the page is busy is no tap.
    await Promise.all([
      this.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] }),
      this.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] }),
    ]);
  }

  click(selector) {
    return this.ask(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  // The middle of an element, for a finger.
  middle(selector) {
    return this.ask(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ inline: "center" });
      const box = element.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })()`);
  }

  async tapOn(selector) {
    await this.tap(...(await this.middle(selector)));
  }

  // For so many milliseconds from now on the page does something else; it does not wait for it.
  busy(milliseconds) {
    return this.ask(`void setTimeout(() => {
      for (const end = performance.now() + ${milliseconds}; performance.now() < end; );
    })`);
  }

  async picture(file) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
