// Tables that become lists on a narrow screen.

import { el } from "./dom.js";

/**
 * Return a table.
 *
 * `head` is a list of titles; a title that begins with `#` is that of numbers, set to the right.
 * A cell is a text, an element, or a list of them.
 */
export function table(head, rows, kind = "") {
  const titles = head.map((title) => title.replace(/^#/, ""));
  const isNumber = head.map((title) => title.startsWith("#"));
  return el("div", { class: "scroll" },
    el("table", { class: ["stack", kind] },
      el("thead", {}, el("tr", {}, titles.map((title, i) => el("th", { scope: "col", class: isNumber[i] && "number" }, title)))),
      el("tbody", {}, rows.map((row) => {
        const { cells, kind: of } = Array.isArray(row) ? { cells: row } : row;
        return el("tr", { class: of }, cells.map((cell, i) =>
          el("td", { class: isNumber[i] && "number", "data-label": titles[i] ?? "" }, cell)));
      }))));
}
