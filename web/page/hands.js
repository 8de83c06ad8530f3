// What hands do: keys, the mouse, fingers, and the row of buttons for what a touch screen or the
// browser keeps from the lab. All of it becomes `press(key, ctrl, shift)` and `point(act, x, y)`.

// The buttons of the row: what stands on it, the key, what it is for.
const BUTTONS = [
  ["❚❚ ►", " ", "Pause or resume, go on from a beat"], ["◄ ,", ",", "One event back"],
  [". ►", ".", "To the next event"],
  ...[1, 2, 3, 4].map((digit) => [`${digit}`, `${digit}`, `The answer ${digit}, or server S${digit}`]),
  ["write", "c", "A client writes x"],
  ["crash", "x", "Crash the selected server"], ["crash leader", "X", "Crash the leader"],
  ["restart", "r", "Restart the selected server"], ["heal", "H", "Heal every link"],
  ["cut", "P", "Partition mode"], ["why?", "w", "Why? Of what is selected"], ["undo", "u", "Undo"],
  ["branch", "N", "Another branch: what you left, as the script untouched"],
  ["layout", "s", "Next layout"], ["Enter", "Enter", "Enter"], ["Esc", "Escape", "Escape"],
  ["Tab", "Tab", "Tab"], ["←", "ArrowLeft", "Left"], ["↓", "ArrowDown", "Down"],
  ["↑", "ArrowUp", "Up"], ["→", "ArrowRight", "Right"], [":", ":", "Any command"],
  ["⌨", "keyboard", "The keyboard"], ["present", "F5", "Present"], ["?", "?", "Help"],
];

const PRESS = 0, OTHER = 1, UP = 2, DOWN = 3;
// How long a finger rests for what another mouse button does, and what is left of that for a finger that
// has gone while the page was busy, in milliseconds; how far one moves that doesn't tap.
const RESTS = 500, HEARD = 50, STRAYS = 10;

class Hands {
  constructor(page) {
    this.page = page;
    this.typed = document.getElementById("typed");
    this.keyboard();
    this.mouse();
    this.fingers();
    this.taps();
    this.buttons();
  }

  keyboard() {
    window.addEventListener("keydown", (event) => {
      // AltGr is Ctrl and Alt to some systems, and writes letters.
      const writes = event.getModifierState("AltGraph");
      if (event.altKey && !writes && this.opens(event)) return event.preventDefault();
      const at = document.activeElement;
      const elsewhere = document.querySelector("dialog[open]") ||
        (at && at !== this.typed && /^(BUTTON|A|INPUT|SUMMARY)$/.test(at.tagName));
      if (elsewhere || event.isComposing || event.metaKey || event.key === "Unidentified") return;
      if (event.altKey && !writes && event.key.length === 1 && event.key < "\x7f") return;
      if (this.page.press(event.key, event.ctrlKey && !writes, event.shiftKey)) event.preventDefault();
    });
    window.addEventListener("paste", (event) => {
      if (document.querySelector("dialog[open]")) return;
      this.page.paste(event.clipboardData.getData("text/plain"));
      event.preventDefault();
    });
    // The keyboard of a phone names no keys: what it writes is taken from a field. A letter always
    // stands there, so that taking one away is seen.
    const wait = () => { this.typed.value = " "; };
    wait();
    this.typed.addEventListener("input", (event) => {
      if (event.isComposing) return;
      const text = this.typed.value;
      if (text === "") this.page.press("Backspace");
      else for (const letter of text.slice(1)) this.page.press(letter);
      wait();
    });
    this.typed.addEventListener("compositionend", () => {
      for (const letter of this.typed.value.slice(1)) this.page.press(letter);
      wait();
    });
  }

  // Alt and a letter, whatever else is held and whatever sign the system makes of it (µ on a Mac): access keys
  // are other chords in each browser.
  opens({ key, code }) {
    const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace(/^Key/, "").toLowerCase();
    const button = { m: "open-menu", t: "text" }[letter];
    if (button && !document.querySelector("dialog[open]")) document.getElementById(button).click();
    return Boolean(button);
  }

  mouse() {
    const canvas = this.page.screen.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") return;
      this.page.point(event.button === 0 ? PRESS : OTHER, event.clientX, event.clientY);
    });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    let rolled = 0;
    canvas.addEventListener("wheel", (event) => {
      // Ctrl and the wheel is the browser's own zoom.
      if (event.ctrlKey) return;
      event.preventDefault();
      rolled += event.deltaMode === 0 ? event.deltaY / 40 : event.deltaY;
      for (; Math.abs(rolled) >= 1; rolled -= Math.sign(rolled)) {
        this.page.point(rolled < 0 ? UP : DOWN, event.clientX, event.clientY);
      }
    }, { passive: false });
  }

  // A tap is a click, a swipe scrolls, and a finger that rests is another button. Two fingers are the
  // browser's: they make the page larger.
  fingers() {
    const canvas = this.page.screen.canvas;
    let down = null;
    const end = () => {
      if (down) clearTimeout(down.timer);
      down = null;
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      end();
      if (!event.isPrimary) return;
      down = { x: event.clientX, y: event.clientY, at: event.clientY, moved: false };
      const rests = () => {
        this.page.point(OTHER, down.x, down.y);
        end();
      };
      down.timer = setTimeout(() => { down.timer = setTimeout(rests, HEARD); }, RESTS - HEARD);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!down || event.pointerType !== "touch" || !event.isPrimary) return;
      const row = canvas.getBoundingClientRect().height / this.page.screen.rows;
      if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > STRAYS) {
        down.moved = true;
        clearTimeout(down.timer);
      }
      for (; down.moved && Math.abs(event.clientY - down.at) >= row; ) {
        const way = event.clientY > down.at;
        down.at += way ? row : -row;
        this.page.point(way ? UP : DOWN, down.x, down.y);
      }
    });
    canvas.addEventListener("pointerup", (event) => {
      if (down && event.pointerType === "touch" && !down.moved) this.page.point(PRESS, down.x, down.y);
      end();
    });
    canvas.addEventListener("pointercancel", end);
    // Enlarged by two fingers, the page is moved by one.
    window.visualViewport?.addEventListener("resize", () => {
      canvas.style.touchAction = window.visualViewport.scale > 1.01 ? "auto" : "pinch-zoom";
    });
  }

  // A tap presses a button as the finger leaves it. What the browser calls a click comes later, and from a page
  // that was busy meanwhile not always.
  taps() {
    let down = null;
    const listen = (kind, heard) => document.addEventListener(kind, heard, { passive: kind !== "touchend" });
    listen("touchstart", ({ touches: [finger, another], target }) => {
      const button = another ? null : target.closest?.("button");
      down = button && { button, x: finger.clientX, y: finger.clientY };
    });
    listen("touchmove", ({ touches: [finger] }) => {
      if (down && Math.hypot(finger.clientX - down.x, finger.clientY - down.y) > STRAYS) down = null;
    });
    listen("touchcancel", () => { down = null; });
    listen("touchend", (event) => {
      if (!down || !event.cancelable) return;
      event.preventDefault();
      const { button } = down;
      down = null;
      button.click();
    });
  }

  buttons() {
    const row = document.getElementById("keys");
    for (const [label, key, words] of BUTTONS) {
      const button = document.createElement("button");
      button.textContent = label;
      button.title = words;
      button.setAttribute("aria-label", words);
      button.dataset.key = key;
      // The keyboard of a phone stays where it is.
      button.addEventListener("pointerdown", (event) => event.preventDefault());
      button.addEventListener("click", () => {
        if (key === "keyboard") return this.typed === document.activeElement ? this.typed.blur() : this.typed.focus();
        this.page.press(key);
        if (key === ":") this.typed.focus();
      });
      row.append(button);
    }
  }
}
