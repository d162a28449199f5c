// A dataset by columns, and which of its rows are selected: those within every range that was
// drawn in any plot or typed.

const PREFIXED = new Set(["Pa", "N", "N/m", "m", "J", "Hz", "kg"]);
const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"]];

export class Data {
  constructor(columns) {
    this.listeners = new Set();
    this.ranges = new Map();
    this.only = "";
    this.opened = -1;
    this.set(columns);
  }

  /** Take columns as the server tells them; ranges and the opened row stay. */
  set(columns) {
    this.columns = new Map(columns.map((column) => [column.name, column]));
    this.rows = columns[0]?.cells.length ?? 0;
    this.numbers = columns
      .filter((column) => ["parameter", "quantity", "output"].includes(column.kind))
      .map((column) => ({ ...column, values: Float64Array.from(column.cells, (cell) => (typeof cell === "number" ? cell : NaN)) }))
      .map((column) => ({ ...column, ...extent(column.values) }));
    this.byName = new Map(this.numbers.map((column) => [column.name, column]));
    this.choose();
  }

  text(name, row) {
    return this.columns.get(name)?.cells[row] ?? null;
  }

  /** Return the error bound of a quantity in a row, 0 where it has none. */
  bound(name, row) {
    return this.columns.get(`${name}_error_bound`)?.cells[row] ?? 0;
  }

  /** Select the rows whose value lies within a range; null takes the range away. */
  range(name, range) {
    if (range === null) this.ranges.delete(name);
    else this.ranges.set(name, range);
    this.choose();
  }

  clear() {
    this.ranges.clear();
    this.only = "";
    this.choose();
  }

  get brushed() {
    return this.ranges.size > 0 || this.only !== "";
  }

  choose() {
    const selected = new Uint8Array(this.rows).fill(1);
    for (const [name, [low, high]] of this.ranges) {
      const values = this.byName.get(name)?.values;
      if (!values) continue;
      for (let row = 0; row < this.rows; row++) {
        if (!(values[row] >= low && values[row] <= high)) selected[row] = 0;
      }
    }
    const status = this.columns.get("status")?.cells;
    if (this.only && status) {
      for (let row = 0; row < this.rows; row++) if (status[row] !== this.only) selected[row] = 0;
    }
    this.selected = selected;
    this.kept = [];
    for (let row = 0; row < this.rows; row++) if (selected[row]) this.kept.push(row);
    this.tell();
  }

  open(row) {
    this.opened = row;
    this.tell();
  }

  /** Open a sample by its number. */
  openSample(sample) {
    const row = this.columns.get("sample")?.cells.indexOf(sample) ?? -1;
    if (row >= 0) this.open(row);
  }

  tell() {
    for (const listener of this.listeners) listener();
  }
}

function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { low: 0, high: 1, empty: true };
  const spare = high > low ? 0 : Math.abs(low) / 10 || 1;
  return { low: low - spare, high: high + spare, empty: false };
}

/** Return a scale for numbers up to a size: its factor, and the unit with its prefix. */
export function scaleOf(size, unit) {
  if (!PREFIXED.has(unit) || !size) return { factor: 1, unit: unit === "1" ? "" : unit };
  if (unit === "kg") return { factor: 1, unit };
  const [factor, prefix] = PREFIXES.find(([least]) => size >= 0.9995 * least) ?? PREFIXES.at(-1);
  return { factor, unit: prefix + unit };
}

export function number(value, digits = 5) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const short = Number(value.toPrecision(digits));
  return Math.abs(short) >= 1e5 || Math.abs(short) < 1e-3 ? short.toExponential().replace("e+", "e") : String(short);
}

/** Return a value with its unit, and ± its bound, as people write it. */
export function quantity(value, unit, bound = null) {
  if (value === null || value === undefined || Number.isNaN(value)) return "no value";
  const scale = scaleOf(Math.abs(value), unit);
  const spread = bound ? ` ± ${number(bound / scale.factor, 2)}` : "";
  return `${number(value / scale.factor)}${spread} ${scale.unit}`.trim();
}

/** Return round places for ticks between two numbers. */
export function ticks(low, high, most = 6) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? power;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Math.abs(at) < step / 1e6 ? 0 : at);
  return found;
}
