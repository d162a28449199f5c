// What moves a quantity most: its Sobol indices where the study has them, else the rank
// correlation with each parameter over the selected samples.

import { el, fill } from "./dom.js";
import { number } from "./studydata.js";

const LEAST = 4;

export function influence(root, data, axes, indices) {
  const known = indices.filter((index) => index.quantity === axes.y);
  const bars = known.length
    ? known.map((index) => ({ name: index.parameter, value: index.total, low: index.total_low, high: index.total_high, also: index.first }))
    : correlations(data, axes.y);
  bars.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const told = known.length
    ? "Total Sobol index: the share of the variance that each parameter explains, with its interactions; the line is the 95 % interval, the mark the first-order index. Of the whole study."
    : `Rank correlation (Spearman) over the ${data.brushed ? "selected" : "passed"} samples: −1 to 1.`;
  fill(root, el("h2", {}, "What moves ", el("span", { class: "mono" }, axes.y)),
    bars.length ? [drawn(bars, known.length > 0), el("p", { class: "soft small" }, told)] : el("p", { class: "soft" }, "Too few samples to say."));
}

function drawn(bars, shares) {
  const [left, width, high] = [130, 300, 24];
  const zero = shares ? left : left + width / 2;
  const scale = shares ? width / Math.max(1, ...bars.map((bar) => bar.high)) : width / 2;
  const svg = el("svg", { viewBox: `0 0 ${left + width + 60} ${bars.length * high + 6}`, role: "img", "aria-label": bars.map((bar) => `${bar.name} ${number(bar.value, 2)}`).join(", ") },
    el("line", { x1: zero, x2: zero, y1: 0, y2: bars.length * high, class: "axis" }),
    bars.map((bar, i) => {
      const y = i * high;
      const from = Math.min(zero, zero + bar.value * scale);
      return el("g", {},
        el("text", { x: left - 8, y: y + 16, "text-anchor": "end" }, bar.name),
        el("rect", { x: from, y: y + 5, width: Math.abs(bar.value) * scale, height: high - 10, class: bar.value < 0 ? "negative" : "positive" }),
        bar.low !== undefined && el("line", { x1: zero + bar.low * scale, x2: zero + bar.high * scale, y1: y + 12, y2: y + 12, class: "whisker" }),
        bar.also !== undefined && el("circle", { cx: zero + bar.also * scale, cy: y + 12, r: 3.5, class: "also" }),
        el("text", { x: left + width + 8, y: y + 16 }, number(bar.value, 2)));
    }));
  return el("div", { class: "influence" }, svg);
}

function correlations(data, name) {
  const y = data.byName.get(name);
  if (!y) return [];
  return data.numbers.filter((column) => column.kind === "parameter" && column.name !== name)
    .map((column) => ({ name: column.name, value: spearman(column.values, y.values, data.kept) }))
    .filter((bar) => Number.isFinite(bar.value));
}

/** Return the rank correlation of two columns over the rows that have both. */
export function spearman(x, y, rows) {
  const kept = rows.filter((row) => !Number.isNaN(x[row]) && !Number.isNaN(y[row]));
  if (kept.length < LEAST) return NaN;
  return pearson(ranks(kept.map((row) => x[row])), ranks(kept.map((row) => y[row])));
}

/** Return the rank of each value, the mean of the ranks where some are the same. */
export function ranks(values) {
  const order = values.map((_, at) => at).sort((a, b) => values[a] - values[b]);
  const found = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]] === values[order[from]]) to++;
    for (let at = from; at <= to; at++) found[order[at]] = (from + to) / 2;
    from = to + 1;
  }
  return found;
}

/** Return the correlation of two lists of ranks. */
export function pearson(a, b) {
  const mean = (a.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) ** 2;
    bb += (b[i] - mean) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
