// What colour a row has in every plot: by its claim level or status, or along a scale.

const LEVELS = { verified: "--level-4", converged: "--level-3", consistent: "--level-2", computed: "--level-1", none: "--level-0" };
const STATUSES = { passed: "--level-4", mended: "--level-3", failed: "--level-0", invalid: "--level-1", error: "--level-5" };
const STEPS = 24;
// Viridis, which keeps its order in grey and for the colour-blind.
const LIGHT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const DARK = [[104, 92, 190], [66, 130, 180], [40, 165, 150], [94, 201, 98], [253, 231, 37]];

/** Return `{ groups, of }`: the colours with their names, and the group of each row. */
export function colours(data, by) {
  const style = getComputedStyle(document.documentElement);
  if (by === "claim_level" || by === "status") {
    const known = by === "status" ? STATUSES : LEVELS;
    const names = Object.keys(known);
    const cells = data.columns.get(by)?.cells ?? [];
    const groups = names.map((name) => ({ name, colour: style.getPropertyValue(known[name]).trim() }));
    const of = Uint8Array.from({ length: data.rows }, (_, row) => Math.max(names.indexOf(cells[row]), 0));
    const used = new Set(of);
    return { groups, of, legend: groups.filter((_, at) => used.has(at)) };
  }
  const column = data.byName.get(by);
  const groups = Array.from({ length: STEPS }, (_, at) => ({ name: by, colour: along(at / (STEPS - 1)) }));
  groups.push({ name: "no value", colour: style.getPropertyValue("--level-0").trim() });
  const of = Uint8Array.from(column.values, (value) =>
    Number.isNaN(value) ? STEPS : Math.min(Math.floor(((value - column.low) / (column.high - column.low)) * STEPS), STEPS - 1));
  return { groups, of, column, legend: null };
}

function along(share) {
  const scale = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
  const at = share * (scale.length - 1);
  const first = Math.min(Math.floor(at), scale.length - 2);
  const part = scale[first].map((one, i) => Math.round(one + (at - first) * (scale[first + 1][i] - one)));
  return `rgb(${part.join(" ")})`;
}
