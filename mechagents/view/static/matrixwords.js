// The plots of pairs in words: how many samples are selected, and how they go together.

import { el } from "./dom.js";
import { pearson, ranks } from "./influence.js";
import { quantity } from "./studydata.js";
import { table } from "./table.js";
import { count } from "./words.js";

const LEAST = 4;

/** Return the ranks of the selected rows that have all of some columns, by the column's name. */
export function ranksOf(data, columns) {
  const rows = data.kept.filter((row) => columns.every((column) => !Number.isNaN(column.values[row])));
  if (rows.length < LEAST) return { rows: rows.length, of: new Map() };
  return { rows: rows.length, of: new Map(columns.map((column) => [column.name, ranks(rows.map((row) => column.values[row]))])) };
}

/** Return the rank correlation of two columns, NaN where there are too few samples to say. */
export function correlation({ of }, x, y) {
  return of.has(x) && of.has(y) ? pearson(of.get(x), of.get(y)) : NaN;
}

/** Say what a plot shows. */
export function cellWords(data, x, y, ranks) {
  const selected = data.brushed ? `${data.kept.length.toLocaleString("en")} of ${count(data.rows, "sample")} selected` : `all ${count(data.rows, "sample")}`;
  if (x === y) return `${x.name}, ${quantity(x.low, x.unit)} to ${quantity(x.high, x.unit)}: ${selected}`;
  const value = correlation(ranks, x.name, y.name);
  const told = Number.isFinite(value) ? `rank correlation ${value.toFixed(2)}` : "too few samples for a correlation";
  return `${y.name} over ${x.name}: ${selected}, ${told}`;
}

/** Return a table of every pair. */
export function pairsTable(data, columns, ranks) {
  const within = (column) => {
    const values = data.kept.map((row) => column.values[row]).filter((value) => !Number.isNaN(value));
    if (!values.length) return "no value";
    const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return `${quantity(low, column.unit)} to ${quantity(high, column.unit)}`;
  };
  const spans = new Map(columns.map((column) => [column, within(column)]));
  const rows = columns.flatMap((y, row) => columns.slice(0, row).map((x) => {
    const value = correlation(ranks, x.name, y.name);
    return [y.name, spans.get(y), x.name, spans.get(x), Number.isFinite(value) ? value.toFixed(3) : "–"];
  }));
  return [
    el("p", { class: "soft small" }, `Rank correlation (Spearman) of the ${count(ranks.rows, "selected sample")} that have all of these columns.`),
    table(["up", "from … to", "across", "from … to", "#rank correlation"], rows, "pairs-table"),
  ];
}
