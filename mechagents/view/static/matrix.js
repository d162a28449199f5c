// Every pair of some numbers as small scatter plots: a rectangle drawn in one selects, and the
// same samples are selected in all. The diagonal has how each is spread, the upper half the rank
// correlation of each pair.

import { drawn, FONT, place } from "./canvas.js";
import { el, fill } from "./dom.js";
import { correlation, cellWords, pairsTable, ranksOf } from "./matrixwords.js";
import { dots, rgb, spread } from "./matrixpixels.js";
import { number, scaleOf } from "./studydata.js";

export const MOST = 8;
const FIRST_PARAMETERS = 5;
const GAP = 6;
const LOWEST = 44;
const INNER = 0.06;
const STEP = 0.1;

/**
 * Return the matrix: `element`, `again()` to draw it anew, and `stop()`.
 *
 * `paint()` returns the colours of rows; `onPair(x, y)` is called with a pair that is to be seen
 * in the large plot.
 */
export function matrix(data, paint, onPair) {
  let names = first(data);
  let at = [1, 0];
  let box = null;
  let start = null;
  let ranks = null;
  let shares = new Map();
  const spoken = el("p", { class: "pointed soft small", role: "status" });
  const words = el("details", { class: "ranges" });
  const columns = el("details", { class: "ranges" });
  words.addEventListener("toggle", tellWords);
  const { canvas, again: redraw, stop } = drawn({
    class: "plot matrix", tabindex: "0", role: "application", "aria-label": "Every pair of the chosen columns: arrows go from plot to plot, Space begins a selection there, Shift and arrows move it, plus and minus widen and narrow it, Enter shows the pair large, Escape selects all",
    on: { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, keydown: keys, focus: () => { say(); redraw(); }, blur: () => redraw() },
  }, (width) => names.length * Math.max(LOWEST, Math.min(width / names.length, 0.72 * (width / names.length) + 20)), draw);
  const element = el("section", { class: "card", "aria-label": "Every pair" }, el("h2", {}, "Every pair"), columns, canvas, spoken, words);

  function shown() {
    return names.map((name) => data.byName.get(name)).filter((column) => column && !column.empty);
  }

  /** Return where a value is in a cell, from 0 to 1. */
  function share(column) {
    if (!shares.has(column.name)) {
      const width = (column.high - column.low) * (1 + 2 * INNER);
      const from = column.low - (column.high - column.low) * INNER;
      shares.set(column.name, { from, width, at: Float32Array.from(column.values, (value) => (value - from) / width) });
    }
    return shares.get(column.name);
  }

  function frame(width, height) {
    const count = shown().length || 1;
    const [wide, tall] = [width / count, height / count];
    const inside = (row, column) => ({ left: column * wide + GAP / 2, top: row * tall + GAP / 2, wide: wide - GAP, tall: tall - GAP });
    return { count, wide, tall, inside };
  }

  function draw(context, width, height, colour) {
    const begun = performance.now();
    const list = shown();
    const { inside } = frame(width, height);
    const { groups, of } = paint();
    ranks ??= ranksOf(data, list);
    const inks = groups.map((group) => rgb(group.colour));
    const [paper, soft] = [rgb(colour("--raised")), rgb(colour("--line"))];
    const sharp = window.devicePixelRatio || 1;
    const picture = context.createImageData(canvas.width, canvas.height);
    const size = Math.max(1, Math.round((data.rows > 3000 ? 1.5 : data.rows > 400 ? 2 : data.rows > 120 ? 3 : 5) * sharp));
    list.forEach((y, row) => list.slice(0, row).forEach((x, column) =>
      dots(picture, inside(row, column), sharp, { x: share(x).at, y: share(y).at, of, selected: data.selected, brushed: data.brushed, inks, paper, size })));
    context.putImageData(picture, 0, 0);
    list.forEach((y, row) => list.forEach((x, column) => {
      const cell = inside(row, column);
      if (row === column) drawSpread(context, cell, y, colour);
      else if (column > row) drawCorrelation(context, cell, correlation(ranks, x.name, y.name), colour);
      if (column <= row) drawBrush(context, cell, x, y, row === column, colour);
      context.strokeStyle = `rgb(${soft.join(" ")})`;
      context.lineWidth = 1;
      context.strokeRect(cell.left - 0.5, cell.top - 0.5, cell.wide + 1, cell.tall + 1);
    }));
    drawOpened(context, list, inside, colour);
    if (document.activeElement === canvas && list.length > 1) {
      const cell = inside(...held());
      context.strokeStyle = colour("--accent");
      context.lineWidth = 2.5;
      context.strokeRect(cell.left, cell.top, cell.wide, cell.tall);
    }
    canvas.dataset.columns = list.map((column) => column.name).join(" ");
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn ?? 0) + 1);
    canvas.dataset.took = (performance.now() - begun).toFixed(1);
  }

  function drawSpread(context, cell, column, colour) {
    const { all, kept, most } = spread(share(column).at, data.selected);
    const floor = cell.top + cell.tall;
    const room = cell.tall - 38;
    all.forEach((many, bin) => {
      const left = cell.left + (bin / all.length) * cell.wide;
      for (const [count, name] of [[many, "--line"], [kept[bin], "--soft"]]) {
        const tall = (count / most) * Math.max(room, 4);
        context.fillStyle = colour(name);
        context.fillRect(left, floor - tall, cell.wide / all.length - 0.5, tall);
      }
    });
    const scale = scaleOf(Math.max(Math.abs(column.low), Math.abs(column.high)), column.unit);
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillStyle = colour("--ink");
    const middle = cell.left + cell.wide / 2;
    context.fillText(column.name, middle, cell.top + 4, cell.wide - 6);
    context.fillStyle = colour("--soft");
    context.fillText(`${number(column.low / scale.factor, 3)} to ${number(column.high / scale.factor, 3)} ${scale.unit}`.trim(), middle, cell.top + 19, cell.wide - 6);
  }

  function drawCorrelation(context, cell, value, colour) {
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const told = Number.isFinite(value);
    if (told) {
      context.fillStyle = colour(value < 0 ? "--note" : "--accent");
      context.globalAlpha = 0.28 * Math.abs(value);
      context.fillRect(cell.left, cell.top, cell.wide, cell.tall);
      context.globalAlpha = 1;
    }
    context.fillStyle = colour(told ? "--ink" : "--soft");
    context.fillText(told ? value.toFixed(2).replace("-", "−") : "–", cell.left + cell.wide / 2, cell.top + cell.tall / 2);
  }

  function drawBrush(context, cell, x, y, alone, colour) {
    const mine = box && box.cell.left === cell.left && box.cell.top === cell.top;
    const along = (column, length, range) => (range ? range.map((value) => ((value - share(column).from) / share(column).width) * length) : [0, length]);
    const [rx, ry] = [data.ranges.get(x.name), alone ? null : data.ranges.get(y.name)];
    if (!mine && !rx && !ry) return;
    const clip = (value, most) => Math.min(Math.max(value, 0), most);
    let [left, right] = along(x, cell.wide, rx).map((value) => clip(value, cell.wide));
    let [low, high] = along(y, cell.tall, ry).map((value) => clip(value, cell.tall));
    if (mine) [left, right, low, high] = [box.left, box.right, box.low, box.high];
    context.fillStyle = context.strokeStyle = colour("--accent");
    context.globalAlpha = 0.12;
    context.fillRect(cell.left + left, cell.top + cell.tall - high, right - left, high - low);
    context.globalAlpha = 0.9;
    context.lineWidth = 1;
    context.strokeRect(cell.left + left, cell.top + cell.tall - high, right - left, high - low);
    context.globalAlpha = 1;
  }

  function drawOpened(context, list, inside, colour) {
    const row = data.opened;
    if (row < 0 || row >= data.rows) return;
    context.strokeStyle = colour("--ink");
    context.lineWidth = 2;
    list.forEach((y, i) => list.slice(0, i).forEach((x, j) => {
      const [px, py] = [share(x).at[row], share(y).at[row]];
      if (Number.isNaN(px) || Number.isNaN(py)) return;
      const cell = inside(i, j);
      context.beginPath();
      context.arc(cell.left + px * cell.wide, cell.top + (1 - py) * cell.tall, 4.5, 0, 7);
      context.stroke();
    }));
  }

  /** Return the cell that the keyboard is at: its row and its column. */
  function held() {
    const last = shown().length - 1;
    const row = Math.min(Math.max(at[0], 0), last);
    return [row, Math.min(Math.max(at[1], 0), row)];
  }

  function cellAt(px, py) {
    const { count, wide, tall, inside } = frame(canvas.clientWidth, canvas.clientHeight);
    const [row, column] = [Math.floor(py / tall), Math.floor(px / wide)].map((one) => Math.min(Math.max(one, 0), count - 1));
    return column > row ? null : { row, column, ...inside(row, column) };
  }

  function down(event) {
    if (event.button) return;
    const from = place(canvas, event);
    const cell = cellAt(...from);
    if (!cell) return;
    start = { from, cell };
    at = [cell.row, cell.column];
    canvas.setPointerCapture(event.pointerId);
    say();
  }

  function move(event) {
    if (!start) return;
    const to = place(canvas, event);
    const { from, cell } = start;
    if (!box && Math.hypot(to[0] - from[0], to[1] - from[1]) <= 4) return;
    const side = (values, from, most) => values.map((value) => Math.min(Math.max(value - from, 0), most)).sort((a, b) => a - b);
    const [left, right] = side([from[0], to[0]], cell.left, cell.wide);
    const [top, bottom] = cell.row === cell.column ? [0, cell.tall] : side([from[1], to[1]], cell.top, cell.tall);
    box = { cell, left, right, low: cell.tall - bottom, high: cell.tall - top };
    redraw();
  }

  function up(event) {
    if (!start) return;
    const [{ from, cell }, done] = [start, box];
    start = box = null;
    if (event.type === "pointercancel") return redraw();
    if (done) return select(cell.row, cell.column, [done.left / cell.wide, done.right / cell.wide], [done.low / cell.tall, done.high / cell.tall]);
    const row = nearest(cell, from);
    if (row >= 0) data.open(row);
    else redraw();
  }

  /** Select what lies in a cell between shares of its sides; on the diagonal, of one alone. */
  function select(row, column, across, upwards) {
    const list = shown();
    const range = (of, ends) => ends.map((end) => share(of).from + end * share(of).width);
    data.ranges.set(list[column].name, range(list[column], across));
    if (row !== column) data.ranges.set(list[row].name, range(list[row], upwards));
    data.choose();
  }

  function nearest(cell, [px, py]) {
    if (cell.row === cell.column) return -1;
    const list = shown();
    const [x, y] = [share(list[cell.column]).at, share(list[cell.row]).at];
    let [best, least] = [-1, 12];
    for (const row of data.kept) {
      const far = Math.hypot(cell.left + x[row] * cell.wide - px, cell.top + (1 - y[row]) * cell.tall - py);
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const list = shown();
    const [row, column] = held();
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const act = {
      Escape: () => data.clear(),
      Enter: () => row !== column && onPair(list[column].name, list[row].name),
      " ": () => select(row, column, [0.25, 0.75], [0.25, 0.75]),
      "+": () => shift(row, column, [0, 0], STEP / 2), "=": () => shift(row, column, [0, 0], STEP / 2),
      "-": () => shift(row, column, [0, 0], -STEP / 2),
    }[event.key];
    if (!act && !way) return;
    event.preventDefault();
    if (act) act();
    else if (event.shiftKey) shift(row, column, [STEP * way[1], -STEP * way[0]], 0);
    else {
      at = [row + way[0], column + way[1]];
      at = held();
      redraw();
    }
    say();
  }

  /** Move what is selected in a cell by shares of its sides, and widen it. */
  function shift(row, column, [right, upwards], wider) {
    const list = shown();
    const moved = (of, by) => {
      const range = data.ranges.get(of.name) ?? [share(of).from + 0.25 * share(of).width, share(of).from + 0.75 * share(of).width];
      const [low, high] = range.map((value) => (value - share(of).from) / share(of).width + by);
      return high - low + 2 * wider < STEP / 2 ? [low, high] : [low - wider, high + wider];
    };
    select(row, column, moved(list[column], right), row === column ? [0, 1] : moved(list[row], upwards));
  }

  function say() {
    const list = shown();
    if (list.length < 2) return;
    ranks ??= ranksOf(data, list);
    const [row, column] = held();
    fill(spoken, cellWords(data, list[column], list[row], ranks));
  }

  function tellWords() {
    fill(words, el("summary", {}, "The pairs in words"), words.open && pairsTable(data, shown(), ranks ??= ranksOf(data, shown())));
  }

  function drawColumns() {
    const offered = data.numbers.filter((column) => !column.empty);
    const full = names.length >= MOST;
    fill(columns, el("summary", {}, `Columns, up to ${MOST}`), el("fieldset", {}, el("legend", { class: "hidden-text" }, "Columns of the matrix"), offered.map((column) => {
      const on = names.includes(column.name);
      return el("label", { class: "key" }, el("input", { type: "checkbox", checked: on, disabled: !on && full, on: { change: (event) => choose(column.name, event.target.checked) } }), column.name);
    })));
  }

  function choose(name, on) {
    const order = data.numbers.map((column) => column.name);
    names = order.filter((one) => (one === name ? on : names.includes(one)));
    again();
    [...columns.querySelectorAll("input")].find((input) => input.parentElement.textContent === name)?.focus();
  }

  /** Draw anew: what is selected, or the dataset, has changed. */
  function again() {
    ranks = null;
    shares = new Map();
    drawColumns();
    tellWords();
    redraw();
    if (document.activeElement === canvas) say();
  }

  return { element, again, stop };
}

/** Return the columns that are shown at first: parameters, then what came out. */
function first(data) {
  const there = data.numbers.filter((column) => !column.empty);
  const parameters = there.filter((column) => column.kind === "parameter");
  const others = there.filter((column) => column.kind !== "parameter");
  const inputs = parameters.slice(0, Math.max(FIRST_PARAMETERS, MOST - others.length));
  const chosen = new Set([...inputs, ...others.slice(0, MOST - inputs.length)].map((column) => column.name));
  return there.filter((column) => chosen.has(column.name)).map((column) => column.name);
}
