// Numbers with units as an engineer writes them.

const STEPS = { 9: "G", 6: "M", 3: "k", 0: "", "-3": "m", "-6": "µ", "-9": "n" };
const PREFIXED = { m: [-9, 0], Pa: [0, 9], "m/s": [-6, 0] };

/** Return by what a value is divided, and the unit then, for values up to `largest`. */
export function prefixed(unit, largest) {
  const range = PREFIXED[unit];
  if (!range || !(largest > 0)) return { factor: 1, unit: written(unit) };
  const power = Math.min(range[1], Math.max(range[0], 3 * Math.floor(Math.log10(largest) / 3)));
  return { factor: 10 ** power, unit: STEPS[power] + unit };
}

function written(unit) {
  return unit.replace("^2", "²").replace("^3", "³");
}

/** Return a number with a few digits: plain where it is short, with a power of ten elsewhere. */
export function digits(value, count = 4) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(count - 1) : value.toPrecision(count);
  const [number, power] = text.split("e");
  const told = number.replace("-", "−");
  return power === undefined ? told : `${told}·10${raised(Number(power))}`;
}

function raised(power) {
  return String(power).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻");
}

/** Return a value with its unit and a fitting prefix. */
export function quantity(value, unit, count = 5) {
  if (value === null || !Number.isFinite(value)) return "no number";
  const { factor, unit: told } = prefixed(unit, Math.abs(value));
  return `${digits(value / factor, count)}${told ? ` ${told}` : ""}`;
}

/** Return every digit of a number, in the unit as it is in the file. */
export function exactly(value, unit) {
  return value === null ? "no number" : `${value}${unit ? ` ${written(unit)}` : ""}`;
}

/** Return round numbers between two, about so many. */
export function rounded(low, high, about) {
  const raw = (high - low) / about;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw * 0.999);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) found.push(n * step);
  return found;
}
