// What can be chosen about a field.

import { el, fill } from "../dom.js";
import { VIEWS } from "./camera.js";
import { MAPS } from "./colours.js";
import { button, choice, group, number, slider, tick } from "./controls.js";
import { digits, quantity } from "./units.js";

const MOST = 5;
const BANDS = 10;

export class Panel {
  constructor(view) {
    this.view = view;
    const form = (label, ...parts) => el("form", { class: "field-panel", "aria-label": label, on: { submit: (event) => event.preventDefault() } }, parts);
    this.first = form("Which field is shown", this.chosen());
    this.root = form("How it is shown", this.shape(), this.colours(), view.told.dimension === 3 && this.cut(), this.directions());
  }

  // Step and field

  chosen() {
    const { view } = this;
    this.component = choice("Field", [], "", (value) => view.choose(view.told.components[Number(value)]));
    const { steps } = view.told;
    this.played = button("Play", () => this.play(), { class: "field-play" });
    const parts = [this.component.root];
    if (steps.length > 1 && steps.length <= 40) {
      const listed = steps.map((step, i) => [String(i), step.label]);
      this.steps = choice("Step", listed, String(view.step), (value) => this.goTo(Number(value)));
    } else if (steps.length > 1) {
      const at = (share) => Math.round(share * (steps.length - 1));
      this.steps = slider("Step", 1, (share) => this.goTo(at(share)), (share) => steps[at(share)].label);
    }
    if (this.steps) parts.unshift(this.steps.root);
    this.note = el("p", { class: "field-hint" });
    return el("div", { class: "field-first" }, parts, el("div", { class: "field-buttons" }, this.played), this.note);
  }

  goTo(step) {
    this.stop();
    this.view.showStep(step);
  }

  play() {
    const { player, current, told, step } = this.view;
    if (player.playing) {
      this.stop();
      return;
    }
    fill(this.played, "Stop");
    const alike = told.steps.map((_, i) => i).filter((i) => told.steps[i].kind === current.kind);
    if (current.kind === "time" || current.kind === "load") player.through(alike, step);
    else player.swing();
  }

  stop() {
    const { view } = this;
    view.player.stop();
    fill(this.played, "Play");
    view.phase = 1;
    view.redraw();
  }

  /** Show which step and component are chosen, and what else there is. */
  showStep(playing = false) {
    const { view } = this;
    const { steps, components } = view.told;
    if (this.steps?.select) this.steps.select.value = String(view.step);
    else this.steps?.set(view.step / (steps.length - 1));
    this.played.hidden = !view.current.moves;
    if (playing) return;
    const groups = new Map();
    for (const c of view.available()) {
      const label = c.field === "mode" ? "mode shape" : c.field;
      groups.set(label, [...(groups.get(label) ?? []), [String(components.indexOf(c)), c.title]]);
    }
    const listed = [...groups].map(([label, options]) => ({ label, options }));
    this.component.set(listed, String(components.indexOf(view.component)));
    const here = new Set(view.available().map((c) => c.field));
    const missing = [...new Set(components.map((c) => c.field))].filter((field) => !here.has(field) && field !== "mode");
    fill(this.note, missing.length ? `The file holds ${missing.join(", ")} at other steps only.` : null);
  }

  // Shape

  shape() {
    const { view } = this;
    this.scale = slider("Deformation", 0, (share) => view.setScale(share * this.largestScale), () => this.scaleInWords());
    const set = (scale) => {
      view.setScale(scale);
      this.showScale();
    };
    this.truly = button("True scale", () => set(1));
    this.shaped = el("div", {}, this.scale.root,
      el("div", { class: "field-buttons" }, button("Automatic", () => set(view.automatic)), this.truly, button("None", () => set(0))));
    const { look } = view;
    return group("Shape", true, this.shaped,
      tick("Mesh edges", look.edges, (on) => this.change({ edges: on })).root,
      tick("Outline before it deformed", look.ghost, (on) => this.change({ ghost: on })).root);
  }

  get largestScale() {
    return MOST * Math.max(this.view.automatic ?? 1, 1e-300);
  }

  scaleInWords() {
    const { view } = this;
    if (!view.surface) return "";
    if (view.current.kind === "mode") {
      return `${digits((100 * view.scale * view.largest) / view.surface.size, 2)} % of the body's size`;
    }
    return view.scale === 1 ? "true scale" : `× ${digits(view.scale, 3)}`;
  }

  showScale() {
    const { view } = this;
    this.shaped.hidden = !view.current.moves;
    this.truly.hidden = view.current.kind === "mode";
    this.scale.set(Math.min(1, view.scale / this.largestScale));
  }

  change(look) {
    Object.assign(this.view.look, look);
    this.view.redraw();
  }

  // Colours

  colours() {
    const { view } = this;
    const recolour = (look) => {
      Object.assign(view.look, look);
      view.recolour();
    };
    const maps = [["auto", "Automatic"], ...Object.entries(MAPS).map(([name, map]) => [name, map.title])];
    const ranges = [["auto", "99 % of the field"], ["full", "All of the field"], ["own", "As given here"]];
    if (view.told.steps.length > 1) ranges.splice(2, 0, ["all", "All steps of this kind"]);
    this.range = choice("Range", ranges, "auto", (range) => recolour({ range }));
    const own = (which) => (value) => {
      const { low, high } = view.shown;
      const next = [low, high];
      next[which] = value;
      this.range.select.value = "own";
      recolour({ range: "own", own: next });
    };
    this.low = number("From", 0, own(0));
    this.high = number("To", 1, own(1));
    return group("Colours", false,
      choice("Colours", maps, "auto", (colours) => recolour({ colours })).root,
      this.range.root, el("div", { class: "field-pair" }, this.low.root, this.high.root),
      tick(`${BANDS} bands`, false, (on) => recolour({ bands: on ? BANDS : 0 })).root);
  }

  showRange({ low, high }) {
    const { unit } = this.view.component;
    const { activeElement } = document;
    for (const [control, value, name] of [[this.low, low, "From"], [this.high, high, "To"]]) {
      if (control.input !== activeElement) control.set(Number(value.toPrecision(6)));
      fill(control.root.querySelector("label"), unit ? `${name} [${unit}]` : name);
    }
  }

  // Cut

  cut() {
    const { view } = this;
    const { clip } = view;
    const at = slider("Where", 0.5, (share) => clip.set({ share }), () =>
      clip.axis === null ? "" : `${view.told.axes[clip.axis]} = ${quantity(clip.at, view.told.unit, 4)}`);
    const other = tick("Keep the other side", false, (kept) => clip.set({ flipped: kept !== behind }));
    const more = el("div", { hidden: true }, at.root, other.root);
    let behind = false;
    const axes = view.told.axes.map((axis, i) => [String(i), `Across ${axis}`]);
    const across = choice("Cut", [["", "None"], ...axes], "", (value) => {
      more.hidden = value === "";
      const axis = value === "" ? null : Number(value);
      // What is nearer to us is cut away, so that the section is seen.
      behind = axis !== null && view.camera.axes()[2][axis] < 0;
      other.input.checked = false;
      clip.set({ axis, flipped: behind });
      at.say();
    });
    return group("Cut", false, across.root, more);
  }

  // View

  directions() {
    const { view } = this;
    const look = (name) => () => {
      view.camera.look(name);
      view.camera.fit();
      view.redraw();
    };
    const fit = button("Show all", () => {
      view.camera.fit();
      view.redraw();
    });
    const names = view.told.flat ? [] : Object.entries(VIEWS);
    return group("View", false, el("div", { class: "field-buttons" }, fit, names.map(([name, { title }]) => button(title, look(name)))));
  }
}
