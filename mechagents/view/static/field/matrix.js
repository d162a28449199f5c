// Vectors of three numbers as arrays, and 4 x 4 matrices in WebGL's order: column by column.

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const scaled = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const length = (a) => Math.sqrt(dot(a, a));

/**
 * Return the matrix of a parallel projection to WebGL's clip space.
 *
 * @param axes What lies right, up and towards the viewer: three unit vectors, square to each other.
 * @param centre The point in the middle of the picture.
 * @param half Half of the width, the height and the depth that are seen.
 */
export function parallel(axes, centre, half) {
  const [right, up, towards] = axes;
  const rows = [
    [...scaled(right, 1 / half[0]), -dot(right, centre) / half[0]],
    [...scaled(up, 1 / half[1]), -dot(up, centre) / half[1]],
    // What is nearer to the viewer has the smaller depth.
    [...scaled(towards, -1 / half[2]), dot(towards, centre) / half[2]],
    [0, 0, 0, 1],
  ];
  const matrix = new Float32Array(16);
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) matrix[4 * column + row] = rows[row][column];
  }
  return matrix;
}
