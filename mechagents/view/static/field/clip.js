// A plane that cuts a solid. The graphics card leaves out what is ahead of it at once; the section,
// with the values inside the body, is made on the server, which knows the elements there.

const PATIENCE = 80;

export class Clip {
  constructor(view) {
    this.view = view;
    this.axis = null;
    this.share = 0.5;
    this.flipped = false;
    this.waiting = 0;
  }

  /** Where the plane is along its axis [m]. */
  get at() {
    const [low, high] = this.view.told.box;
    // Not exactly on the faces at both ends, where a section is nothing.
    const share = 1e-4 + (1 - 2e-4) * this.share;
    return low[this.axis] + share * (high[this.axis] - low[this.axis]);
  }

  /** Normal and offset about the origin of the surface; what is ahead is cut away. */
  get plane() {
    if (this.axis === null) return null;
    const sign = this.flipped ? -1 : 1;
    const normal = [0, 0, 0];
    normal[this.axis] = sign;
    return { normal, offset: sign * (this.at - this.view.surface.origin[this.axis]) };
  }

  /** Return the section with a component on it, or null where nothing is cut. */
  load(asked) {
    this.asking?.abort();
    if (this.axis === null) return null;
    this.asking = new AbortController();
    const normal = [0, 1, 2].map((i) => (i === this.axis ? 1 : 0)).join(",");
    return this.view.loader.numbers("section", { ...asked, normal, offset: this.at }, this.asking.signal);
  }

  set(changes) {
    Object.assign(this, changes);
    const { view } = this;
    if ("axis" in changes || "share" in changes) view.renderer.setSection(null); // it is elsewhere
    view.redraw();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => view.ended || view.refresh(), PATIENCE);
  }
}
