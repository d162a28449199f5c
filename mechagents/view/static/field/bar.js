// The colour bar: which colour is which value.

import { el, fill } from "../dom.js";
import { colourBytes } from "./colours.js";
import { digits, prefixed, rounded } from "./units.js";

export class ColourBar {
  constructor() {
    this.canvas = el("canvas", { width: 1, height: 256, class: "bar-colours" });
    this.title = el("div", { class: "bar-title" });
    this.ticks = el("div", { class: "bar-ticks" });
    this.above = el("div", { class: "bar-beyond" });
    this.below = el("div", { class: "bar-beyond" });
    const scale = el("div", { class: "bar-scale" }, this.canvas, this.ticks);
    this.root = el("figure", { class: "field-bar" }, this.title, this.above, scale, this.below);
  }

  /**
   * @param title What is coloured.
   * @param unit Its unit.
   * @param range `low` and `high` of the colours, `least` and `most` of the field.
   */
  show({ title, unit, colours, bands, low, high, least, most }) {
    const { factor, unit: told } = prefixed(unit, Math.max(Math.abs(low), Math.abs(high)));
    fill(this.title, told ? `${title} [${told}]` : title);
    this.paint(colours, bands);
    const values = bands ? edges(low, high, bands) : inner(low, high);
    fill(this.ticks, values.map((value) => {
      const tick = el("span", { class: "bar-tick" }, digits(value / factor, 4));
      tick.style.bottom = `${(100 * (value - low)) / (high - low || 1)}%`;
      return tick;
    }));
    const near = 1e-6 * (high - low);
    fill(this.above, most > high + near ? `▲ up to ${digits(most / factor, 4)}` : null);
    fill(this.below, least < low - near ? `▼ down to ${digits(least / factor, 4)}` : null);
    this.root.setAttribute("aria-label",
      `Colours from ${digits(low / factor)} to ${digits(high / factor)} ${told}: ${title}`);
  }

  paint(colours, bands) {
    const bytes = colourBytes(colours);
    const context = this.canvas.getContext("2d");
    const picture = context.createImageData(1, 256);
    for (let row = 0; row < 256; row++) {
      let share = 1 - row / 255;
      if (bands) share = (Math.min(Math.floor(share * bands), bands - 1) + 0.5) / bands;
      const at = Math.round(share * 255);
      picture.data.set([...bytes.slice(3 * at, 3 * at + 3), 255], 4 * row);
    }
    context.putImageData(picture, 0, 0);
  }
}

function edges(low, high, bands) {
  return Array.from({ length: bands + 1 }, (_, i) => low + ((high - low) * i) / bands);
}

/** Return both ends and round numbers between them that leave room for each other. */
function inner(low, high) {
  const room = 0.06 * (high - low);
  const between = rounded(low, high, 6).filter((n) => n - low > room && high - n > room);
  return [low, ...between, high];
}
