// The screen: cells on a canvas. Each cell that was ever shown is kept as its pixels, letter, colours
// and all, and a frame copies pixels: without a graphics processor every call to a canvas costs more than
// the cell that it draws. Lines and blocks are drawn from whole pixels, so that boxes close and nothing
// is blurred.

const FONTS =
  "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

const colour = (number) => "#" + number.toString(16).padStart(6, "0");

// What reaches from the middle of a cell to its left, right, upper and lower edge: 1 is a thin line,
// 2 a thick one.
const LINES = {
  "─": [1, 1, 0, 0], "│": [0, 0, 1, 1], "┌": [0, 1, 0, 1], "┐": [1, 0, 0, 1], "└": [0, 1, 1, 0],
  "┘": [1, 0, 1, 0], "├": [0, 1, 1, 1], "┤": [1, 0, 1, 1], "┬": [1, 1, 0, 1], "┴": [1, 1, 1, 0],
  "┼": [1, 1, 1, 1], "━": [2, 2, 0, 0], "┃": [0, 0, 2, 2], "┏": [0, 2, 0, 2], "┓": [2, 0, 0, 2],
  "┗": [0, 2, 2, 0], "┛": [2, 0, 2, 0],
};
// The same of double lines.
const DOUBLES = {
  "═": [1, 1, 0, 0], "║": [0, 0, 1, 1], "╔": [0, 1, 0, 1], "╗": [1, 0, 0, 1], "╚": [0, 1, 1, 0],
  "╝": [1, 0, 1, 0],
};
// Quarters that are filled, in the order of reading.
const QUARTERS = {
  "█": [1, 1, 1, 1], "▀": [1, 1, 0, 0], "▄": [0, 0, 1, 1], "▌": [1, 0, 1, 0], "▐": [0, 1, 0, 1],
  "▘": [1, 0, 0, 0], "▝": [0, 1, 0, 0], "▖": [0, 0, 1, 0], "▗": [0, 0, 0, 1], "▚": [1, 0, 0, 1],
  "▞": [0, 1, 1, 0], "▛": [1, 1, 1, 0], "▜": [1, 1, 0, 1], "▙": [1, 0, 1, 1], "▟": [0, 1, 1, 1],
};
const SHADES = { "░": 0.25, "▓": 0.75 };
const DASHES = { "╌": true, "╎": false };

// Draws such a sign into a cell. False of all that a font draws.
function drawShape(pen, sign, wide, high) {
  const thin = Math.max(1, Math.round(wide / 9));
  if (sign in QUARTERS) {
    const [middle, centre] = [Math.round(wide / 2), Math.round(high / 2)];
    QUARTERS[sign].forEach((filled, at) => {
      const [right, low] = [at % 2, at >> 1];
      if (!filled) return;
      pen.fillRect(right * middle, low * centre,
        right ? wide - middle : middle, low ? high - centre : centre);
    });
  } else if (sign in LINES) {
    const [left, right, up, down] = LINES[sign];
    const line = Math.max(left, right, up, down) * thin;
    const [middle, centre] = [(wide - line) >> 1, (high - line) >> 1];
    if (left) pen.fillRect(0, centre, middle + line, line);
    if (right) pen.fillRect(middle, centre, wide - middle, line);
    if (up) pen.fillRect(middle, 0, line, centre + line);
    if (down) pen.fillRect(middle, centre, line, high - centre);
  } else if (sign in DOUBLES) {
    const [left, right, up, down] = DOUBLES[sign];
    const apart = Math.max(1, Math.round(thin * 1.5));
    const [middle, centre] = [(wide - thin) >> 1, (high - thin) >> 1];
    for (const side of [-apart, apart]) {
      // Around a corner the outer line reaches farther, and the inner one less far.
      const across = centre + side * (up ? -1 : 1);
      const along = middle + side * (left ? -1 : 1);
      if (left && right) pen.fillRect(0, centre + side, wide, thin);
      else if (up && down) pen.fillRect(middle + side, 0, thin, high);
      else {
        pen.fillRect(left ? 0 : along, across, left ? along + thin : wide - along, thin);
        pen.fillRect(along, up ? 0 : across, thin, up ? across + thin : high - across);
      }
    }
  } else if (sign in SHADES) {
    // Without the pattern of a font, shades in rows would run together.
    const inset = Math.round(high / 6);
    pen.globalAlpha = SHADES[sign];
    pen.fillRect(0, inset, wide, high - 2 * inset);
    pen.globalAlpha = 1;
  } else if (sign in DASHES) {
    const [middle, centre] = [(wide - thin) >> 1, (high - thin) >> 1];
    for (const half of [0, 1]) {
      if (DASHES[sign]) pen.fillRect((half * wide) >> 1, centre, wide >> 2, thin);
      else pen.fillRect(middle, (half * high) >> 1, thin, high >> 2);
    }
  } else if (sign >= "\u2800" && sign <= "\u28ff") {
    const dots = sign.codePointAt(0) - 0x2800;
    const size = Math.max(1, Math.round(wide / 5));
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]].forEach(([right, low], bit) => {
      if (!(dots >> bit & 1)) return;
      pen.fillRect(Math.round(wide * (1 + 2 * right) / 4 - size / 2),
        Math.round(high * (1 + 2 * low) / 8 - size / 2), size, size);
    });
  } else {
    return false;
  }
  return true;
}

const BOLD = 1, ITALIC = 2, UNDERLINED = 4, CROSSED = 8, WIDE = 16;
// How high a cell is, to the size of its letters.
const HIGH = 1.2;
// The most cells that are kept as pixels.
const PICTURES_MAX = 4096;

// Whether one gets back what one draws. Browsers that hide who one is give back noise: a little, which nobody
// sees, or nothing else.
function readsBack(pen) {
  const drawn = [0x40, 0x80, 0xc0, 0xff];
  pen.fillStyle = "#4080c0";
  pen.fillRect(0, 0, 8, 8);
  return pen.getImageData(0, 0, 8, 8).data.every((byte, at) => Math.abs(byte - drawn[at % 4]) <= 2);
}

class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false });
    // Where one cell is drawn, to be read back.
    this.slate = document.createElement("canvas");
    this.keeper = this.slate.getContext("2d", { alpha: false, willReadFrequently: true });
    this.readsBack = readsBack(this.keeper);
    this.kept = new Map();
  }

  // As many cells as fit into an area of the page, with letters of about this size, and at least
  // these columns and rows. Gives back columns and rows.
  fit(width, height, size, [leastColumns, leastRows]) {
    const dots = window.devicePixelRatio || 1;
    this.keeper.font = `100px ${FONTS}`;
    const share = this.keeper.measureText("MMMMMMMMMM").width / 1000 || 0.6;
    const wished = Math.round(size * share * dots), across = Math.floor(dots * width / leastColumns);
    const most = Math.min(across, Math.floor(dots * height / leastRows / HIGH * share));
    // Whether letters of that size have no room, and whether it is the width that they lack.
    [this.small, this.narrow] = [wished > most, wished > across];
    this.wide = Math.max(4, Math.min(wished, most));
    this.letters = this.wide / share;
    this.high = Math.max(8, Math.round(this.letters * HIGH));
    this.columns = Math.max(1, Math.floor(width * dots / this.wide));
    this.rows = Math.max(1, Math.floor(height * dots / this.high));
    this.dots = dots;
    this.canvas.width = this.columns * this.wide;
    this.canvas.height = this.rows * this.high;
    this.canvas.style.width = this.canvas.width / dots + "px";
    this.canvas.style.height = this.canvas.height / dots + "px";
    [this.slate.width, this.slate.height] = [2 * this.wide, this.high];
    this.kept.clear();
    this.image = null;
    return [this.columns, this.rows];
  }

  // The cell at a point of the page.
  cell(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const place = (at, length, cells) =>
      Math.max(0, Math.min(cells - 1, Math.floor(at * cells / Math.max(1, length))));
    return [place(x - box.left, box.width, this.columns), place(y - box.top, box.height, this.rows)];
  }

  // Draws cells, five numbers each: place, character, ink, ground, style.
  draw(cells) {
    if (this.readsBack) this.copy(cells);
    else this.paintAll(cells);
  }

  // Paints each cell where it stands, which takes longer.
  paintAll(cells) {
    const { pen, wide, high, columns } = this;
    for (let at = 0; at < cells.length; at += 5) {
      if (cells[at + 1] === 0) continue;
      pen.save();
      pen.translate(cells[at] % columns * wide, Math.floor(cells[at] / columns) * high);
      pen.beginPath();
      pen.rect(0, 0, cells[at + 4] & WIDE ? 2 * wide : wide, high);
      pen.clip();
      this.paint(pen, cells, at);
      pen.restore();
    }
  }

  // Copies the pixels of cells, and of each row those that have changed to the canvas.
  copy(cells) {
    const { wide, high, columns, rows } = this;
    this.image ??= this.pen.createImageData(columns * wide, rows * high);
    const pixels = new Uint32Array(this.image.data.buffer);
    const line = columns * wide;
    // Of each row of cells, from which column to which it has changed.
    const [first, end] = [new Array(rows).fill(columns), new Array(rows).fill(0)];
    for (let at = 0; at < cells.length; at += 5) {
      // The second half of a wide one.
      if (cells[at + 1] === 0) continue;
      const picture = this.picture(cells, at);
      const width = picture.length / high;
      const [column, row] = [cells[at] % columns, Math.floor(cells[at] / columns)];
      const start = row * high * line + column * wide;
      for (let y = 0; y < high; y++) {
        for (let x = 0; x < width; x++) pixels[start + y * line + x] = picture[y * width + x];
      }
      first[row] = Math.min(first[row], column);
      end[row] = Math.max(end[row], column + width / wide);
    }
    for (let row = 0; row < rows; row++) {
      if (first[row] >= end[row]) continue;
      this.pen.putImageData(this.image, 0, 0, first[row] * wide, row * high, (end[row] - first[row]) * wide, high);
    }
  }

  // The pixels of a cell.
  picture(cells, at) {
    const key = cells.subarray(at + 1, at + 5).join();
    const known = this.kept.get(key);
    if (known) return known;
    if (this.kept.size >= PICTURES_MAX) this.kept.clear();
    this.paint(this.keeper, cells, at);
    // Of what reaches beyond its width nothing is read.
    const width = cells[at + 4] & WIDE ? 2 * this.wide : this.wide;
    const picture = new Uint32Array(this.keeper.getImageData(0, 0, width, this.high).data.buffer);
    this.kept.set(key, picture);
    return picture;
  }

  paint(pen, cells, at) {
    const [letter, ink, ground, style] = cells.subarray(at + 1, at + 5);
    const { high } = this;
    const [sign, wide] = [String.fromCodePoint(letter), style & WIDE ? 2 * this.wide : this.wide];
    pen.fillStyle = colour(ground);
    pen.fillRect(0, 0, wide, high);
    pen.fillStyle = colour(ink);
    if (sign !== " " && !drawShape(pen, sign, wide, high)) {
      const slant = style & ITALIC ? "italic " : "";
      const weight = style & BOLD ? "bold " : "";
      pen.font = `${slant}${weight}${this.letters}px ${FONTS}`;
      pen.textBaseline = "alphabetic";
      pen.textAlign = "center";
      // A sign of another font may be wider than a cell.
      pen.fillText(sign, wide / 2, Math.round(high * 0.77), wide);
    }
    const thin = Math.max(1, Math.round(this.wide / 9));
    if (style & UNDERLINED) pen.fillRect(0, high - 2 * thin, wide, thin);
    if (style & CROSSED) pen.fillRect(0, high >> 1, wide, thin);
  }
}
