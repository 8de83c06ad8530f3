// What is said and asked, in the page's own letters, where those of the lab have to be small, as on a phone held
// upright: the lab's rows are for its panes then. A choice is a button that presses its number.

class Saying {
  constructor(page) {
    this.page = page;
    this.place = document.getElementById("said");
    this.text = null;
  }

  // Brings it up to date.
  show() {
    const { page } = this;
    const text = page.screen.narrow ? page.lab.ask("said") : null;
    if (text === this.text) return;
    this.text = text;
    // How it looks follows from the lab alone: all who follow one see the same.
    this.place.hidden = !text;
    const [caption, question, stage, ...rest] = (text ?? "").split("\x1e");
    const parts = caption ? [make("p", { textContent: caption })] : [];
    if (question) {
      const open = stage === "open" ? " None of these is so." : "";
      parts.push(make("p", { className: "question", textContent: question + open }));
      const choices = [];
      for (let at = 0; at < rest.length; at += 4) choices.push(this.choice(at / 4 + 1, stage, ...rest.slice(at, at + 4)));
      parts.push(make("div", { className: "row" }, ...choices));
    }
    this.place.replaceChildren(...parts);
    this.place.scrollTop = 0;
  }

  choice(number, stage, text, said, so, own) {
    const words = [`${number} ${text}`, said && make("small", { textContent: ` ${said}` })].filter(Boolean);
    if (stage !== "asked") return make("span", { className: so ? "choice so" : "choice" }, so ? "✓ " : "", ...words);
    const button = make("button", { className: "choice", onclick: () => this.page.press(String(number)) }, ...words);
    button.setAttribute("aria-pressed", String(Boolean(own)));
    return button;
  }
}
