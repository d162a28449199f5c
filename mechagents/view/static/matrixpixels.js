// The dots of a small scatter plot, written as pixels: many thousands are drawn at once.

const BINS = 24;
/** How much of its colour a dot that is not selected keeps. */
const FAINT = 0.16;

let probe = null;

/** Return a colour of the style sheet as three numbers to 255. */
export function rgb(colour) {
  probe ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/**
 * Write dots into a picture, those that are selected over the others.
 *
 * @param picture ImageData of the whole canvas.
 * @param cell `left`, `top`, `wide` and `tall` [CSS pixels].
 * @param sharp Pixels of the picture in one of CSS.
 * @param rows `x` and `y` from 0 to 1, `of` the index of each row's ink, `selected`, `brushed`,
 *   `inks` and `paper` as `rgb` gives them, `size` of a dot in pixels.
 */
export function dots(picture, cell, sharp, { x, y, of, selected, brushed, inks, paper, size }) {
  const pixels = new Uint32Array(picture.data.buffer);
  const clear = inks.map(packed);
  const faint = inks.map((ink) => packed(ink.map((one, i) => Math.round(FAINT * one + (1 - FAINT) * paper[i]))));
  const left = Math.round(cell.left * sharp), top = Math.round(cell.top * sharp);
  const wide = Math.round(cell.wide * sharp) - size, tall = Math.round(cell.tall * sharp) - size;
  for (const chosen of brushed ? [0, 1] : [1]) {
    const colours = chosen ? clear : faint;
    for (let row = 0; row < x.length; row++) {
      if (selected[row] !== chosen || !(x[row] >= 0 && y[row] >= 0)) continue;
      const colour = colours[of[row]];
      let at = (top + Math.round((1 - y[row]) * tall)) * picture.width + left + Math.round(x[row] * wide);
      for (let down = 0; down < size; down++, at += picture.width) {
        for (let right = 0; right < size; right++) pixels[at + right] = colour;
      }
    }
  }
}

// A picture's bytes are red, green, blue, opacity; browsers run on little-endian machines.
function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Return how many rows, and how many that are selected, lie in each part of a column. */
export function spread(at, selected) {
  const all = new Uint32Array(BINS);
  const kept = new Uint32Array(BINS);
  for (let row = 0; row < at.length; row++) {
    if (!(at[row] >= 0)) continue;
    const bin = Math.min(Math.floor(at[row] * BINS), BINS - 1);
    all[bin] += 1;
    kept[bin] += selected[row];
  }
  return { all, kept, most: Math.max(1, ...all) };
}
