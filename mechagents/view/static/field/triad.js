// Shows which way the axes run.

import { el } from "../dom.js";

const SIZE = 72;
const ARM = 24;

export class Triad {
  constructor(axes) {
    this.arms = axes.map((axis, i) => ({
      line: el("line", { x1: 0, y1: 0, class: `field-axis-${i}` }),
      text: el("text", { "text-anchor": "middle", dy: "0.35em" }, axis),
    }));
    const half = SIZE / 2;
    this.root = el("svg", { class: "field-triad", viewBox: `${-half} ${-half} ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, "aria-hidden": "true" },
      this.arms.map(({ line, text }) => [line, text]));
  }

  /** Turn with the camera. */
  turn(camera) {
    const [right, up] = camera.axes();
    this.arms.forEach(({ line, text }, i) => {
      const [x, y] = [ARM * right[i], -ARM * up[i]];
      line.setAttribute("x2", x);
      line.setAttribute("y2", y);
      const size = Math.hypot(x, y);
      const seen = size > 2;
      text.setAttribute("x", seen ? x + (9 * x) / size : 0);
      text.setAttribute("y", seen ? y + (9 * y) / size : -9);
    });
  }
}
