// Fewer triangles between some of the same vertices, for while the body moves on a slow computer.

const MANY = 100_000;
const ALONG = 72;

/**
 * Return the triangles that are left when vertices of the same small cube are taken as one of them,
 * or null where there are few enough.
 */
export function coarser(x, triangles) {
  if (triangles.length < 3 * MANY) return null;
  const [low, high] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (let i = 0; i < x.length; i++) {
    const axis = i % 3;
    if (x[i] < low[axis]) low[axis] = x[i];
    if (x[i] > high[axis]) high[axis] = x[i];
  }
  const side = Math.max(...high.map((n, i) => n - low[i])) / ALONG || 1;
  const count = high.map((n, i) => Math.floor((n - low[i]) / side) + 1);
  const first = new Int32Array(count[0] * count[1] * count[2]).fill(-1);
  const taken = new Uint32Array(x.length / 3);
  for (let vertex = 0; vertex < taken.length; vertex++) {
    const [i, j, k] = [0, 1, 2].map((axis) => Math.floor((x[3 * vertex + axis] - low[axis]) / side));
    const cube = i + count[0] * (j + count[1] * k);
    if (first[cube] < 0) first[cube] = vertex;
    taken[vertex] = first[cube];
  }
  const kept = new Uint32Array(triangles.length);
  let size = 0;
  for (let corner = 0; corner < triangles.length; corner += 3) {
    const a = taken[triangles[corner]], b = taken[triangles[corner + 1]], c = taken[triangles[corner + 2]];
    if (a === b || b === c || c === a) continue;
    kept.set([a, b, c], size);
    size += 3;
  }
  return kept.slice(0, size);
}
