// A message in words, as the server tells it: a headline, and lines and tables below.

import { el } from "./dom.js";
import { table } from "./table.js";

export function blocksOf(message) {
  return el("div", { class: "said" }, message.blocks.map((block) => {
    if (block.rows) return block.head.length ? table(block.head, block.rows) : pairs(block.rows);
    return block.text.length > 1200 && block.style === "dim"
      ? el("pre", {}, block.text)
      : el("p", { class: block.style }, block.text);
  }));
}

function pairs(rows) {
  return el("dl", { class: "pairs" }, rows.map(([name, words]) => [el("dt", {}, name), el("dd", {}, words)]));
}

export function speakers(message) {
  return message.to.length ? `${message.sender} → ${message.to.join(", ")}` : message.sender;
}
