// Finds what is seen at a place of the picture: which triangle, and where on it.

import { dot } from "./matrix.js";

/**
 * Return the nearest triangle on a line of sight, or null.
 *
 * @param ray From Camera.ray.
 * @param mesh `x` and `moved` (three numbers a vertex), `triangles` (null: vertices in turn),
 *   `element` of each triangle.
 * @param scale Of the deformation.
 * @param plane What is ahead of it is cut away; null for none.
 * @returns `element`, `triangle`, `weights` of its corners, `x` in the undeformed body, `moved`
 *   there, and `depth`, which is larger nearer to us.
 */
export function pick(ray, mesh, scale, plane = null) {
  const { x, moved, triangles } = mesh;
  const flat = flattened(ray, x, moved, scale);
  const count = triangles ? triangles.length / 3 : x.length / 9;
  let best = null;
  for (let triangle = 0; triangle < count; triangle++) {
    const a = triangles ? triangles[3 * triangle] : 3 * triangle;
    const b = triangles ? triangles[3 * triangle + 1] : a + 1;
    const c = triangles ? triangles[3 * triangle + 2] : a + 2;
    const ax = flat[3 * a], ay = flat[3 * a + 1];
    const bx = flat[3 * b], by = flat[3 * b + 1];
    const cx = flat[3 * c], cy = flat[3 * c + 1];
    // Areas of the triangles between the line of sight, which is at 0, 0, and each side.
    const u = bx * cy - by * cx;
    const v = cx * ay - cy * ax;
    const w = ax * by - ay * bx;
    if ((u < 0 || v < 0 || w < 0) && (u > 0 || v > 0 || w > 0)) continue;
    const area = u + v + w;
    if (area === 0) continue;
    const depth = (u * flat[3 * a + 2] + v * flat[3 * b + 2] + w * flat[3 * c + 2]) / area;
    if (best && depth <= best.depth) continue;
    const corners = [a, b, c];
    const weights = [u / area, v / area, w / area];
    const at = mixed(x, corners, weights);
    if (plane && dot(plane.normal, at) > plane.offset) continue;
    best = { triangle, corners, weights, x: at, depth };
  }
  if (!best) return null;
  return { ...best, element: mesh.element[best.triangle], moved: mixed(moved, best.corners, best.weights) };
}

/** Return each vertex as seen along the line of sight: right and up of it, and towards us. */
function flattened(ray, x, moved, scale) {
  const { from, axes } = ray;
  const [[rx, ry, rz], [ux, uy, uz], [tx, ty, tz]] = axes;
  const found = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 3) {
    const px = x[i] + scale * moved[i] - from[0];
    const py = x[i + 1] + scale * moved[i + 1] - from[1];
    const pz = x[i + 2] + scale * moved[i + 2] - from[2];
    found[i] = rx * px + ry * py + rz * pz;
    found[i + 1] = ux * px + uy * py + uz * pz;
    found[i + 2] = tx * px + ty * py + tz * pz;
  }
  return found;
}

/** Return what a place on a triangle has, of what its corners have. */
export function mixed(numbers, corners, weights) {
  return [0, 1, 2].map((i) =>
    corners.reduce((sum, corner, at) => sum + weights[at] * numbers[3 * corner + i], 0));
}
