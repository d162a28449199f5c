// The table of the selected samples, of which only the rows in view are in the page.

import { el, fill } from "./dom.js";
import { number, scaleOf } from "./studydata.js";

const HEIGHT = 30;
const SPARE = 10;

export function samples(data) {
  let sorted = { name: "sample", down: false };
  let order = [];
  const head = el("div", { class: "heads", role: "row" });
  const room = el("div", { class: "room", role: "rowgroup" });
  const list = el("div", { class: "samples", role: "grid", tabindex: "0", "aria-label": "Selected samples", on: { scroll: draw, keydown: keys } }, head, room);

  function columns() {
    const numbers = data.numbers.filter((column) => !column.empty || column.kind === "parameter");
    return [
      { name: "sample", title: "sample", number: true, text: (row) => String(data.text("sample", row)) },
      ...numbers.map((column) => {
        const scale = scaleOf(Math.max(Math.abs(column.low), Math.abs(column.high)), column.unit);
        return {
          name: column.name, title: scale.unit ? `${column.name} [${scale.unit}]` : column.name, number: true,
          text: (row) => number(column.values[row] / scale.factor),
        };
      }),
      ...["claim_level", "status", "reason"].map((name) => ({ name, title: name.replace("_", " "), text: (row) => data.text(name, row) ?? "" })),
    ];
  }

  function again() {
    const cells = data.columns.get(sorted.name)?.cells ?? [];
    const way = sorted.down ? -1 : 1;
    order = [...data.kept].sort((a, b) => {
      const [x, y] = [cells[a] ?? null, cells[b] ?? null];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return (x < y ? -1 : x > y ? 1 : a - b) * way;
    });
    const shown = columns();
    const wide = shown.map((column) => (column.name === "reason" ? "minmax(14rem, 1fr)" : `${Math.max(7, 3 + 0.5 * column.title.length)}rem`)).join(" ");
    list.style.setProperty("--columns", wide);
    fill(head, shown.map((column) => el("div", { role: "columnheader", class: column.number && "number", "aria-sort": column.name === sorted.name ? (sorted.down ? "descending" : "ascending") : "none" },
      el("button", { class: "sort", title: column.title, on: { click: () => sort(column.name) } }, column.title, column.name === sorted.name && (sorted.down ? " ↓" : " ↑")))));
    room.style.height = `${order.length * HEIGHT}px`;
    list.setAttribute("aria-rowcount", String(order.length + 1));
    draw();
  }

  function sort(name) {
    sorted = { name, down: sorted.name === name && !sorted.down };
    again();
    head.querySelector(`[aria-sort="${sorted.down ? "descending" : "ascending"}"] button`)?.focus();
  }

  function draw() {
    const first = Math.max(Math.floor(list.scrollTop / HEIGHT) - SPARE, 0);
    const last = Math.min(first + Math.ceil(list.clientHeight / HEIGHT) + 2 * SPARE, order.length);
    const shown = columns();
    fill(room, order.slice(first, last).map((row, i) => {
      const line = el("div", {
        class: ["sample", data.text("status", row) !== "passed" && data.text("status", row) !== "mended" && "failed"], role: "row", id: `row-${row}`,
        "aria-selected": String(row === data.opened), "aria-rowindex": String(first + i + 2), on: { click: () => data.open(row) },
      }, shown.map((column) => el("div", { role: "gridcell", class: column.number && "number", title: column.name === "reason" && column.text(row) }, column.text(row))));
      line.style.transform = `translateY(${(first + i) * HEIGHT}px)`;
      return line;
    }));
  }

  function keys(event) {
    if (event.target !== list) return;
    const at = order.indexOf(data.opened);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: order.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to === undefined || !order.length) return;
    event.preventDefault();
    const next = Math.min(Math.max(to, 0), order.length - 1);
    if (next * HEIGHT < list.scrollTop) list.scrollTop = next * HEIGHT;
    if ((next + 2) * HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = (next + 2) * HEIGHT - list.clientHeight;
    list.setAttribute("aria-activedescendant", `row-${order[next]}`);
    data.open(order[next]);
  }

  return { element: list, again };
}
