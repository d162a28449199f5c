// From where the body is looked at: without perspective, so that lengths can be compared.

import { add, dot, parallel, scaled, subtract } from "./matrix.js";

/** Azimuth from x towards y of where the viewer stands, and elevation above x and y, in degrees. */
export const VIEWS = {
  corner: { title: "Corner", azimuth: -60, elevation: 24 },
  front: { title: "Front (x, z)", azimuth: -90, elevation: 0 },
  back: { title: "Back", azimuth: 90, elevation: 0 },
  left: { title: "Left", azimuth: 180, elevation: 0 },
  right: { title: "Right (y, z)", azimuth: 0, elevation: 0 },
  top: { title: "Top (x, y)", azimuth: -90, elevation: 90 },
  bottom: { title: "Bottom", azimuth: -90, elevation: -90 },
};
const CLOSEST = 1e-4;
const FURTHEST = 20;

export class Camera {
  /**
   * @param half Half of the sides of the box around the body, whose middle is the origin.
   * @param flat Whether the body lies in the plane of x and y, and is looked at along z.
   */
  constructor(half, flat) {
    this.half = half;
    this.size = Math.hypot(...half) || 1;
    this.flat = flat;
    this.aspect = 1;
    this.look(flat ? "top" : "corner");
    this.fit();
  }

  /** Look along a direction of VIEWS. */
  look(name) {
    this.azimuth = VIEWS[name].azimuth;
    this.elevation = VIEWS[name].elevation;
  }

  /** Show the whole body in the middle. */
  fit() {
    const [right, up] = this.axes();
    const reach = (axis) => this.half.reduce((sum, side, i) => sum + Math.abs(axis[i]) * side, 0);
    this.centre = [0, 0, 0];
    this.height = 1.25 * Math.max(reach(up), reach(right) / this.aspect, 1e-3 * this.size);
  }

  /** Return what lies right, up and towards the viewer. */
  axes() {
    const a = (this.azimuth * Math.PI) / 180;
    const e = (this.elevation * Math.PI) / 180;
    return [
      [-Math.sin(a), Math.cos(a), 0],
      [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)],
      [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)],
    ];
  }

  /** Turn by degrees: to the right, and up. A flat body is moved instead. */
  rotate(right, up) {
    this.azimuth = (this.azimuth - right) % 360;
    this.elevation = Math.min(90, Math.max(-90, this.elevation + up));
  }

  /** Move the body by shares of the picture's height. */
  pan(right, up) {
    const axes = this.axes();
    const moved = add(scaled(axes[0], -2 * right * this.height), scaled(axes[1], -2 * up * this.height));
    this.centre = add(this.centre, moved);
  }

  /** Come closer by a factor, so that a point of the picture (from -1 to 1) stays where it is. */
  zoom(factor, x = 0, y = 0) {
    const before = this.height;
    const least = CLOSEST * this.size;
    this.height = Math.min(FURTHEST * this.size, Math.max(least, before / factor));
    const axes = this.axes();
    const shift = before - this.height;
    const moved = add(scaled(axes[0], x * this.aspect * shift), scaled(axes[1], y * shift));
    this.centre = add(this.centre, moved);
  }

  /**
   * Return the matrix to clip space.
   *
   * @param reach How far the drawn body may be from the origin: what is deformed reaches further.
   */
  matrix(reach) {
    const depth = reach + Math.sqrt(dot(this.centre, this.centre));
    return parallel(this.axes(), this.centre, [this.height * this.aspect, this.height, depth]);
  }

  /** Return where a point is in the picture, from -1 to 1, right and up. */
  project(point) {
    const [right, up] = this.axes();
    const from = subtract(point, this.centre);
    return [dot(right, from) / (this.height * this.aspect), dot(up, from) / this.height];
  }

  /** Return the line of sight through a place in the picture: a point on it, and the axes. */
  ray(x, y) {
    const [right, up, towards] = this.axes();
    const across = add(scaled(right, x * this.height * this.aspect), scaled(up, y * this.height));
    return { from: add(this.centre, across), axes: [right, up, towards] };
  }
}
