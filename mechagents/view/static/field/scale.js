// How much larger than it is a deformation is drawn.

const SHARE = 0.08;
const VISIBLE = 0.02;

/**
 * Return by what the displacement of a step is multiplied when nobody has said.
 *
 * Deformations that can be seen, and those of finite deformation, are drawn as they are; others,
 * and modes, which are of no size of their own, so that they reach 8 % of the body.
 */
export function automaticScale(told, step, largest, size) {
  if (!step.moves || !(largest > 0)) return 0;
  const fitting = (SHARE * size) / largest;
  if (step.kind === "mode") return fitting;
  if (told.analysis === "static_finite" || largest >= VISIBLE * size) return 1;
  return round(fitting);
}

/** Return the next smaller of 1, 2, 5, 10 … */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].find((n) => n * power <= value * 1.0001) * power;
}
