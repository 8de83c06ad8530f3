// The screen: cells on a canvas. Each cell that was ever shown is kept as a picture, letter, colours
// and all, and a frame copies pictures: drawing letters anew takes several times as long. Lines and
// blocks are drawn from whole pixels, so that boxes close and nothing is blurred.

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

// Draws such a sign into a cell whose corner is (x, y). False of all that a font draws.
function drawShape(pen, sign, x, y, wide, high) {
  const thin = Math.max(1, Math.round(wide / 9));
  if (sign in QUARTERS) {
    const [middle, centre] = [Math.round(wide / 2), Math.round(high / 2)];
    QUARTERS[sign].forEach((filled, at) => {
      const [right, low] = [at % 2, at >> 1];
      if (!filled) return;
      pen.fillRect(x + right * middle, y + low * centre,
        right ? wide - middle : middle, low ? high - centre : centre);
    });
  } else if (sign in LINES) {
    const [left, right, up, down] = LINES[sign];
    const line = Math.max(left, right, up, down) * thin;
    const [middle, centre] = [(wide - line) >> 1, (high - line) >> 1];
    if (left) pen.fillRect(x, y + centre, middle + line, line);
    if (right) pen.fillRect(x + middle, y + centre, wide - middle, line);
    if (up) pen.fillRect(x + middle, y, line, centre + line);
    if (down) pen.fillRect(x + middle, y + centre, line, high - centre);
  } else if (sign in DOUBLES) {
    const [left, right, up, down] = DOUBLES[sign];
    const apart = Math.max(1, Math.round(thin * 1.5));
    const [middle, centre] = [(wide - thin) >> 1, (high - thin) >> 1];
    for (const side of [-apart, apart]) {
      // Around a corner the outer line reaches farther, and the inner one less far.
      const across = centre + side * (up ? -1 : 1);
      const along = middle + side * (left ? -1 : 1);
      if (left && right) pen.fillRect(x, y + centre + side, wide, thin);
      else if (up && down) pen.fillRect(x + middle + side, y, thin, high);
      else {
        pen.fillRect(x + (left ? 0 : along), y + across, left ? along + thin : wide - along, thin);
        pen.fillRect(x + along, y + (up ? 0 : across), thin, up ? across + thin : high - across);
      }
    }
  } else if (sign in SHADES) {
    // Without the pattern of a font, shades in rows would run together.
    const inset = Math.round(high / 6);
    pen.globalAlpha = SHADES[sign];
    pen.fillRect(x, y + inset, wide, high - 2 * inset);
    pen.globalAlpha = 1;
  } else if (sign in DASHES) {
    const [middle, centre] = [(wide - thin) >> 1, (high - thin) >> 1];
    for (const half of [0, 1]) {
      if (DASHES[sign]) pen.fillRect(x + ((half * wide) >> 1), y + centre, wide >> 2, thin);
      else pen.fillRect(x + middle, y + ((half * high) >> 1), thin, high >> 2);
    }
  } else if (sign >= "\u2800" && sign <= "\u28ff") {
    const dots = sign.codePointAt(0) - 0x2800;
    const size = Math.max(1, Math.round(wide / 5));
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]].forEach(([right, low], bit) => {
      if (!(dots >> bit & 1)) return;
      pen.fillRect(x + Math.round(wide * (1 + 2 * right) / 4 - size / 2),
        y + Math.round(high * (1 + 2 * low) / 8 - size / 2), size, size);
    });
  } else {
    return false;
  }
  return true;
}

const BOLD = 1, ITALIC = 2, UNDERLINED = 4, CROSSED = 8, WIDE = 16;
// How many pictures of cells are kept, in a square.
const SIDE = 64;

class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.kept = document.createElement("canvas");
    this.keeper = this.kept.getContext("2d", { alpha: false });
    this.places = new Map();
  }

  // As many cells as fit into an area of the page, with letters of about this size, and at least
  // `least` columns. Gives back columns and rows.
  fit(width, height, size, least) {
    const dots = window.devicePixelRatio || 1;
    this.keeper.font = `100px ${FONTS}`;
    const share = this.keeper.measureText("MMMMMMMMMM").width / 1000 || 0.6;
    const most = Math.floor(width * dots / least);
    this.wide = Math.max(4, Math.min(Math.round(size * share * dots), most));
    this.letters = this.wide / share;
    this.high = Math.max(8, Math.round(this.letters * 1.2));
    this.columns = Math.max(1, Math.floor(width * dots / this.wide));
    this.rows = Math.max(1, Math.floor(height * dots / this.high));
    this.dots = dots;
    this.canvas.width = this.columns * this.wide;
    this.canvas.height = this.rows * this.high;
    this.canvas.style.width = this.canvas.width / dots + "px";
    this.canvas.style.height = this.canvas.height / dots + "px";
    this.kept.width = SIDE * this.wide;
    this.kept.height = SIDE * this.high;
    this.places.clear();
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
    // First what is missing among the pictures: a canvas that is drawn into and copied from by turns
    // is copied whole each time.
    let from = 0;
    const pictures = [];
    for (let at = 0; at < cells.length; at += 5) {
      if (this.places.size >= SIDE * SIDE - 3) {
        this.copy(cells, from, pictures);
        this.places.clear();
        pictures.length = 0;
        from = at;
      }
      pictures.push(cells[at + 1] === 0 ? -1 : this.picture(cells, at));
    }
    this.copy(cells, from, pictures);
  }

  // Copies pictures to the cells from this one on.
  copy(cells, from, pictures) {
    const { wide, high, columns } = this;
    pictures.forEach((picture, cell) => {
      if (picture < 0) return;
      const at = from + 5 * cell;
      const cut = cells[at + 4] & WIDE ? 2 * wide : wide;
      this.pen.drawImage(this.kept, picture % SIDE * wide, Math.floor(picture / SIDE) * high, cut, high,
        cells[at] % columns * wide, Math.floor(cells[at] / columns) * high, cut, high);
    });
  }

  // Where the picture of a cell is kept.
  picture(cells, at) {
    const [letter, ink, ground, style] = [cells[at + 1], cells[at + 2], cells[at + 3], cells[at + 4]];
    const key = `${letter} ${ink} ${ground} ${style}`;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const columns = style & WIDE ? 2 : 1;
    let place = this.places.size;
    // Wide ones take two places, side by side.
    if (columns === 2) {
      if (place % SIDE === SIDE - 1) this.places.set(`skipped ${place++}`, -1);
      this.places.set(`second of ${key}`, -1);
    }
    this.places.set(key, place);
    const [x, y] = [place % SIDE * this.wide, Math.floor(place / SIDE) * this.high];
    this.paint(String.fromCodePoint(letter), [x, y], columns * this.wide, colour(ink), colour(ground), style);
    return place;
  }

  paint(sign, [x, y], wide, ink, ground, style) {
    const { keeper, high } = this;
    keeper.fillStyle = ground;
    keeper.fillRect(x, y, wide, high);
    keeper.fillStyle = ink;
    if (sign !== " " && !drawShape(keeper, sign, x, y, wide, high)) {
      const slant = style & ITALIC ? "italic " : "";
      const weight = style & BOLD ? "bold " : "";
      keeper.font = `${slant}${weight}${this.letters}px ${FONTS}`;
      keeper.textBaseline = "alphabetic";
      keeper.textAlign = "center";
      keeper.save();
      keeper.beginPath();
      keeper.rect(x, y, wide, high);
      keeper.clip();
      // A sign of another font may be wider than a cell.
      keeper.fillText(sign, x + wide / 2, y + Math.round(high * 0.77), wide);
      keeper.restore();
    }
    const thin = Math.max(1, Math.round(this.wide / 9));
    if (style & UNDERLINED) keeper.fillRect(x, y + high - 2 * thin, wide, thin);
    if (style & CROSSED) keeper.fillRect(x, y + (high >> 1), wide, thin);
  }
}
