"use strict";
// The page of one history. All text comes from `data`, and gets in as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const ROW = 42, BAR = 26, TOP = 74, PAD = 26, NODES = 60;
const view = document.querySelector("main");
// What of the view is not the clients' names.
const room = () => Math.max(200, view.clientWidth - byId("names").offsetWidth);
let axis = "order", zoom = 1, key = "", pinned = null, shown = null;

function make(parent, name, attributes = {}, text = null) {
  const svg = parent instanceof SVGElement;
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}

const seconds = (us) => (us / 1e6).toFixed(us % 1000 ? 6 : 3) + " s";
const where = (op) => op.lines[1] ? `lines ${op.lines[0]} to ${op.lines[1]}` : `line ${op.lines[0]}, no return`;

// Where a moment stands, from 0 to 1. Without times, the order of the events is the axis.
const first = data.timed ? data.span[0] : 0;
const length = () => axis === "time" ? Math.max(1, data.span[1] - data.span[0]) : data.end + 1;
const share = (order, us) => axis === "time" ? (us - first) / length() : order / length();
let width = 1000;
const x = (order, us) => PAD + share(order, us) * (width - 2 * PAD);
const left = (op) => x(op.called, op.called_us);
const right = (op) => op.returned === null ? width - 6 : Math.max(x(op.returned, op.returned_us), left(op) + 5);
const middle = (client) => TOP + client * ROW + ROW / 2;

function tell() {
  byId("title").textContent = data.title;
  const verdict = byId("verdict");
  const sign = { "linearizable": "✓ ", "not linearizable": "! ", "undecided": "? " }[data.verdict];
  verdict.textContent = sign + data.verdict;
  verdict.className = { "linearizable": "", "not linearizable": "bad", "undecided": "unsure" }[data.verdict];
  byId("figures").textContent = data.figures;
  const part = data.parts.find((part) => part.clash.length);
  if (part) {
    const all = ["This can't be right", "These can't both be right"][part.clash.length - 1] ?? "These can't all be right";
    make(byId("evidence"), "p", {}, `${all}, whatever the others were told. ${part.because ?? ""}`);
    const list = make(byId("evidence"), "ul");
    for (const place of part.clash) {
      const op = data.ops[place];
      const item = make(list, "li", {}, `${data.clients[op.client]}: ${op.words}  (${where(op)})`);
      item.addEventListener("click", () => choose(place, true));
    }
  }
  const select = byId("key");
  make(select, "option", { value: "" }, "all");
  data.parts.forEach((part, number) => make(select, "option", { value: number }, part.key));
  select.parentElement.hidden = data.parts.length < 2;
  select.addEventListener("change", () => { key = select.value; draw(); });
}

function draw() {
  const svg = byId("chart");
  const height = Math.max(TOP + data.clients.length * ROW + 14, 10);
  svg.replaceChildren();
  svg.setAttribute("height", height);
  byId("names").replaceChildren();
  byId("names").style.height = height + "px";
  const longest = Math.max(6, ...data.clients.map((name) => name.length));
  byId("names").style.width = Math.min(220, 30 + longest * 9) + "px";
  width = Math.round(room() * zoom);
  svg.setAttribute("width", width);
  for (const [id, name] of [["by-order", "order"], ["by-time", "time"]]) {
    byId(id).setAttribute("aria-pressed", axis === name);
    byId(id).disabled = name === "time" && !data.timed;
  }
  make(byId("names"), "div", { style: "top: 30px" }, data.faults.length ? "faults" : "");
  data.clients.forEach((name, client) => {
    const y = middle(client);
    make(byId("names"), "div", { style: `top: ${y - 12}px`, title: name }, name);
    make(svg, "line", { class: "row", x1: 0, x2: width, y1: y, y2: y });
  });
  drawAxis(svg);
  drawFaults(svg, height);
  data.ops.forEach((op, place) => drawOperation(svg, op, place));
  make(svg, "g", { id: "order" });
  if (shown !== null) show(shown);
}

function drawAxis(svg) {
  // Round steps: 1, 2 or 5 and noughts.
  const least = length() / Math.max(2, width / 140), power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((size) => size >= least));
  const from = axis === "time" ? first : 0;
  for (let value = Math.ceil(from / step) * step; value <= from + length(); value += step) {
    const at = x(value, value), text = axis === "time" ? seconds(value) : String(value);
    make(svg, "text", { class: "axis", x: at, y: 14, "text-anchor": "middle" }, text);
  }
}

function drawFaults(svg, height) {
  const ends = [-9, -9];
  for (const fault of data.faults) {
    const at = x(fault.order, fault.us), lane = ends[0] <= at ? 0 : ends[1] <= at ? 1 : -1;
    const group = make(svg, "g", { class: "fault" });
    make(group, "title", {}, fault.what);
    make(group, "line", { x1: at, x2: at, y1: 22, y2: height });
    if (lane < 0) continue;
    make(group, "text", { x: at + 4, y: 36 + lane * 20 }, fault.what);
    ends[lane] = at + fault.what.length * 7.6 + 14;
  }
}

function drawOperation(svg, op, place) {
  const part = data.parts[op.part], classes = ["op", op.end];
  if (part.clash.includes(place)) classes.push("clash");
  if (part.wrong === place) classes.push("wrong");
  if (key !== "" && op.part !== Number(key)) classes.push("other");
  const group = make(svg, "g", { class: classes.join(" "), "data-op": place });
  const [from, to, y] = [left(op), right(op), middle(op.client) - BAR / 2];
  make(group, "title", {}, `${data.clients[op.client]}: ${op.words}`);
  make(group, "rect", { x: from, y, width: to - from, height: BAR, rx: 5 });
  const mark = part.clash.includes(place) ? 13 : 0;
  if (mark) make(group, "text", { class: "mark", x: from + 4, y: y + 19 }, "!");
  const room = Math.floor((to - from - 12 - mark) / 7.4);
  const words = data.parts.length > 1 || op.words.length <= room ? op.words : op.short;
  if (room >= 3) {
    const text = words.length <= room ? words : words.slice(0, room - 1) + "…";
    make(group, "text", { x: from + 6 + mark, y: y + 18 }, text);
  }
  group.addEventListener("pointerenter", () => show(place));
  group.addEventListener("pointerleave", () => pinned === null ? hide() : show(pinned));
  group.addEventListener("click", () => choose(place, false));
}

// The order to show with an operation: the longest with it, or the part's own.
function orderOf(op) {
  const orders = data.parts[op.part].orders;
  return orders[op.order ?? 0] ?? { places: [], states: [] };
}

function show(place) {
  shown = place;
  const op = data.ops[place], part = data.parts[op.part], order = orderOf(op);
  const at = order.places.indexOf(place);
  const members = new Set(order.places);
  for (const node of document.querySelectorAll(".op")) {
    const other = Number(node.dataset.op);
    node.classList.toggle("chosen", other === place);
    node.classList.toggle("left", data.ops[other].part === op.part && !members.has(other));
  }
  drawOrder(order, at);
  describe(op, part, order, at, place);
}

// A moment for each operation: never before the one before it, nor before its own call.
function drawOrder(order, at) {
  const group = byId("order");
  group.replaceChildren();
  const last = at < 0 ? order.places.length - 1 : at;
  const from = Math.max(0, last - NODES), to = Math.min(order.places.length, last + NODES / 4);
  const points = [];
  let moment = 0;
  order.places.forEach((place, number) => {
    const op = data.ops[place];
    moment = Math.max(moment, left(op) + 4);
    const end = right(op);
    if (number >= from && number < to) points.push([Math.min(moment, end), middle(op.client) + BAR / 2 + 2, number]);
    moment = Math.min(moment + 2, Math.max(moment, end));
  });
  make(group, "polyline", { points: points.map(([x, y]) => `${x},${y}`).join(" ") });
  for (const [x, y, number] of points) {
    make(group, "circle", { cx: x, cy: y, r: 9, class: number === at ? "last" : "" });
    make(group, "text", { x, y: y + 4 }, number + 1);
  }
}

function describe(op, part, order, at, place) {
  const panel = byId("details");
  panel.replaceChildren();
  make(panel, "p", { class: "what" }, `${data.clients[op.client]}: ${op.words}`);
  const when = op.called_us === null ? "" : op.returned_us === null
    ? `, from ${seconds(op.called_us)} on` : `, ${seconds(op.called_us)} to ${seconds(op.returned_us)}`;
  make(panel, "p", { class: "dim" }, where(op) + when);
  if (part.wrong === place) {
    make(panel, "p", { class: "bad" }, "! This answer fits nowhere: with it, no order explains what was told before.");
  } else if (part.clash.includes(place)) {
    make(panel, "p", { class: "bad" }, "! This answer clashes with the others that are marked.");
  }
  const total = order.places.length, partial = part.clash.length > 0;
  if (at >= 0) {
    const kind = partial ? "in the longest partial order with it" : "in an order that explains all answers";
    make(panel, "p", {}, `Number ${at + 1} of ${total} ${kind}; then ${order.states[at]}.`);
  } else if (op.end === "failed") {
    make(panel, "p", {}, "It took no effect.");
  } else if (total > 0) {
    make(panel, "p", {}, `Not in this order of ${total}.`);
  } else {
    make(panel, "p", {}, "No order is known.");
  }
}

function hide() {
  shown = null;
  byId("order")?.replaceChildren();
  for (const node of document.querySelectorAll(".op")) node.classList.remove("chosen", "left");
}

function choose(place, scroll) {
  pinned = pinned === place && !scroll ? null : place;
  show(place);
  if (scroll) {
    const op = data.ops[place];
    view.scrollLeft = left(op) - room() / 2;
    view.scrollTop = middle(op.client) - view.clientHeight / 2;
  }
}

function scale(factor) {
  const centre = (view.scrollLeft + room() / 2) / width;
  zoom = factor === 0 ? 1 : Math.min(400, Math.max(1, zoom * factor));
  draw();
  view.scrollLeft = centre * width - room() / 2;
}

// So wide that an event has room for a few words.
const roomy = () => Math.max(1, data.end * 48 / room());

tell();
draw();
zoom = Math.min(400, roomy());
draw();
byId("in").addEventListener("click", () => scale(1.6));
byId("out").addEventListener("click", () => scale(1 / 1.6));
byId("fit").addEventListener("click", () => scale(0));
function along(name) {
  axis = name;
  draw();
  if (pinned !== null) choose(pinned, true);
}
byId("by-order").addEventListener("click", () => along("order"));
byId("by-time").addEventListener("click", () => along("time"));
addEventListener("resize", draw);
addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLSelectElement) return;
  if (event.key === "Escape") { pinned = null; hide(); }
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step === undefined || pinned === null) return;
  const places = orderOf(data.ops[pinned]).places;
  const next = places[places.indexOf(pinned) + step];
  if (next !== undefined) choose(next, true);
  event.preventDefault();
});
const wrong = data.parts.find((part) => part.wrong !== null);
if (wrong) choose(wrong.wrong, true);
