// One result on the page: what is chosen, what was loaded for it, and the picture of both.

import { el, fill } from "../dom.js";
import { ColourBar } from "./bar.js";
import { Camera } from "./camera.js";
import { automatic } from "./colours.js";
import { listen } from "./input.js";
import { add, scaled } from "./matrix.js";
import { Panel } from "./panel.js";
import { pick } from "./pick.js";
import { Player } from "./play.js";
import { Reading, extremesTable } from "./reading.js";
import { Renderer } from "./renderer.js";
import { Clip } from "./clip.js";
import { automaticScale } from "./scale.js";
import { Triad } from "./triad.js";

const SHARPEST = 2;
/** A computer that takes longer for a picture is shown coarser ones while the body moves [ms]. */
const SLOW = 80;
const COARSE = 0.5;
const AT_REST = 250;

export class FieldView {
  constructor(root, loader, told, attempts) {
    this.loader = loader;
    this.told = told;
    this.axes = told.flat ? told.axes.slice(0, 2) : told.axes;
    this.step = told.first;
    this.wanted = null;
    this.phase = 1;
    this.scale = 0;
    this.turn = 0;
    this.slow = 0;
    this.look = { colours: "auto", range: "auto", own: [0, 1], bands: 0, edges: told.points < 60_000, ghost: false };
    this.canvas = el("canvas", {
      class: "field-canvas", tabindex: 0, role: "img", "aria-describedby": "field-keys",
    });
    this.renderer = new Renderer(this.canvas);
    this.renderer.onrestored = () => this.redraw();
    this.bar = new ColourBar();
    this.reading = new Reading(this.axes, told.unit, Math.hypot(...told.box[1].map((n, i) => n - told.box[0][i])));
    this.triad = new Triad(this.axes);
    this.marker = el("div", { class: "field-marker", hidden: true });
    this.status = el("p", { class: "field-status", role: "status" });
    this.player = new Player({ swing: (phase) => this.swing(phase), show: (step) => this.showStep(step, true) });
    this.clip = new Clip(this);
    this.panel = new Panel(this);
    this.lay(root, attempts);
    this.begun = this.begin(root);
  }

  lay(root, attempts) {
    this.words = el("details", { class: "field-words" }, el("summary", {}, "The field in words"));
    this.words.addEventListener("toggle", () => this.tellWords());
    fill(root,
      this.told.notes.map((note) => el("p", { class: "field-note" }, note)),
      el("div", { class: "field-body" },
        el("div", { class: "field-picture" },
          el("div", { class: "field-stage" }, this.canvas, this.marker, this.triad.root, el("div", { class: "field-cross", "aria-hidden": "true" }), this.status),
          this.bar.root),
        el("div", { class: "field-side" }, attempts, this.panel.first, this.reading.root, this.reading.spoken, this.panel.root)),
      el("p", { id: "field-keys", class: "field-hint" }, this.keys()),
      this.words);
  }

  keys() {
    const turn = this.told.flat ? "Drag to move" : "Drag to turn, with Shift or two fingers to move";
    const arrows = this.told.flat ? "arrows move" : "arrows turn, with Shift they move";
    return `${turn}, wheel or pinch to come closer, click to read. On the keyboard: ${arrows}, + and − come closer, 0 shows all, Enter reads at the cross in the middle, Escape forgets it.`;
  }

  async begin(root) {
    root.dataset.state = "loading";
    this.tell("Loading the surface …");
    this.surface = await this.loader.numbers("surface");
    const [low, high] = this.told.box;
    this.camera = new Camera(high.map((n, i) => (n - low[i]) / 2), this.told.flat);
    this.renderer.setSurface(this.surface);
    this.field = { moved: new Float32Array(this.surface.x.length) };
    this.unlisten = listen(this.canvas, this.camera, {
      moved: () => this.move(), picked: (x, y) => this.read(x, y), left: () => this.forget(),
    });
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(this.canvas);
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.onTheme = () => this.redraw();
    this.theme.addEventListener("change", this.onTheme);
    this.resize();
    this.camera.fit();
    await this.showStep(this.step);
    root.dataset.state = "ready";
  }

  // What is shown

  get current() {
    return this.told.steps[this.step];
  }

  /** Return the components that a step has, in their order. */
  available(step = this.current) {
    return this.told.components.filter((c) => step[c.where].includes(c.field));
  }

  get component() {
    const listed = this.available();
    const same = (c) => c.field === this.wanted?.field && c.name === this.wanted?.name && c.where === this.wanted?.where;
    return listed.find(same) ?? listed[0];
  }

  async showStep(step, playing = false) {
    const kind = this.told.steps[this.step].kind;
    this.step = step;
    const otherKind = kind !== this.current.kind || this.automatic === undefined;
    await this.refresh(otherKind);
    this.panel.showStep(playing);
    if (this.hit && !playing) this.probe();
    if (!playing) this.tellWords();
  }

  choose(component) {
    this.wanted = component;
    return this.refresh().then(() => this.hit && this.probe());
  }

  /** Load what is chosen and draw it; what was chosen before and comes later is dropped. */
  async refresh(rescale = false) {
    const mine = ++this.turn;
    const component = this.component;
    if (!component) {
      this.tell("This step holds no field.");
      return;
    }
    const asked = { step: this.step, where: component.where, field: component.field, component: component.name };
    const late = setTimeout(() => this.tell("Loading the field …"), 250);
    try {
      const [values, vector, section] = await Promise.all([
        this.loader.numbers("values", asked), this.vector(), this.clip.load(asked),
      ]);
      if (mine !== this.turn) return;
      this.range = values;
      this.field = { where: component.where, values: values.values, moved: vector?.values ?? new Float32Array(this.surface.x.length) };
      this.renderer.setField(this.field);
      this.renderer.setSection(section);
      this.largest = vector?.all ?? 0;
      if (rescale) this.rescale();
      this.recolour();
      this.tell("");
    } catch (error) {
      if (error.name !== "AbortError") this.tell(error.message);
    } finally {
      clearTimeout(late);
    }
  }

  vector() {
    const field = this.current.moves;
    if (!field) return null;
    return this.loader.numbers("values", { step: this.step, where: "points", field, component: "vector" });
  }

  rescale() {
    this.automatic = automaticScale(this.told, this.current, this.largest, this.surface.size);
    this.scale = this.automatic;
    this.panel.showScale();
  }

  setScale(scale) {
    this.scale = scale;
    this.redraw();
  }

  recolour() {
    const found = this.colours();
    this.shown = found;
    if (this.renderer.colours !== found.colours) this.renderer.setColours(found.colours);
    const { title, unit } = this.component;
    const [least, most] = [this.range.low ?? 0, this.range.high ?? 0];
    this.bar.show({ title, unit, bands: this.look.bands, least, most, ...found });
    this.canvas.setAttribute("aria-label", `${title} on the body, ${this.current.label}`);
    this.panel.showRange(found);
    this.redraw();
  }

  colours() {
    const { all, low, high, inner } = this.range;
    const widest = this.look.range === "all" && all[0] !== null;
    const found = automatic(widest ? { low: all[0], high: all[1], inner: all } : { low, high, inner });
    if (this.look.colours !== "auto") found.colours = this.look.colours;
    if (this.look.range === "full" && low !== null) [found.low, found.high] = [low, high];
    if (this.look.range === "own") [found.low, found.high] = this.look.own;
    return found;
  }

  // The picture

  /** Draw again while the body is being moved: where that is slow, coarser until it rests. */
  move() {
    this.moving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), AT_REST);
    this.redraw();
  }

  rest() {
    if (this.frame) { // the last picture of the move is still to come
      this.resting = setTimeout(() => this.rest(), AT_REST);
      return;
    }
    this.moving = false;
    this.slow = 0;
    if (this.coarse) this.sharpen(false);
  }

  sharpen(coarse) {
    this.coarse = coarse;
    this.resize();
  }

  resize() {
    const ratio = Math.min(devicePixelRatio || 1, SHARPEST) * (this.coarse ? COARSE : 1);
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    const fitted = this.camera.aspect;
    this.camera.aspect = clientWidth / clientHeight;
    if (fitted === 1) this.camera.fit();
    this.redraw();
  }

  redraw() {
    if (this.frame || this.ended) return;
    const asked = performance.now();
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
      this.slow = this.moving && performance.now() - asked > SLOW ? this.slow + 1 : 0;
      if (this.slow > 1 && !this.coarse) this.sharpen(true);
    });
  }

  draw() {
    if (!this.shown) return;
    const scale = this.scale * this.phase;
    this.renderer.draw({
      camera: this.camera, scale, ...this.look, low: this.shown.low, high: this.shown.high,
      coarse: this.coarse, edges: this.look.edges && !this.coarse, plane: this.clip.plane, solid: this.told.dimension === 3, dark: this.theme.matches,
      reach: this.surface.size / 2 + Math.abs(this.scale) * this.largest,
    });
    this.mark();
    this.triad.turn(this.camera);
    this.canvas.dataset.drawn = String(Number(this.canvas.dataset.drawn ?? 0) + 1);
  }

  swing(phase) {
    this.phase = phase;
    this.draw();
  }

  // Reading

  read(x, y) {
    const ray = this.camera.ray(x, y);
    const scale = this.scale * this.phase;
    const plane = this.clip.plane;
    const mesh = { ...this.surface, moved: this.field.moved };
    const hits = [pick(ray, mesh, scale, plane)];
    const { section } = this.renderer;
    if (plane && section) hits.push(pick(ray, { ...section, triangles: null }, scale));
    this.hit = hits.filter(Boolean).sort((a, b) => b.depth - a.depth)[0] ?? null;
    if (!this.hit) {
      this.forget();
      return;
    }
    this.mark();
    this.probe();
  }

  /** Ask for every field at the place that was chosen. */
  async probe(asked = null) {
    const hit = this.hit;
    const at = asked ?? { element: hit.element, x: add(hit.x, this.surface.origin).join(",") };
    try {
      const probed = await this.loader.told("probe", { step: this.step, ...at });
      if (this.hit !== hit || !this.component) return;
      hit.moved = this.movedAt(probed);
      this.mark();
      this.reading.show(probed, this.component);
    } catch (error) {
      if (error.name !== "AbortError") this.tell(error.message);
    }
  }

  /** Return what moves a place that was read, in this step. */
  movedAt(probed) {
    const value = (axis) => probed.readings.find((r) => r.field === this.current.moves && r.name === axis)?.value;
    return ["x", "y", "z"].map((axis) => value(axis) ?? 0);
  }

  forget() {
    this.hit = null;
    this.mark();
    this.reading.clear();
  }

  mark() {
    this.marker.hidden = !this.hit;
    if (!this.hit) return;
    const at = add(this.hit.x, scaled(this.hit.moved, this.scale * this.phase));
    const [x, y] = this.camera.project(at);
    this.marker.style.left = `${50 * (x + 1)}%`;
    this.marker.style.top = `${50 * (1 - y)}%`;
  }

  // In words

  tell(words) {
    fill(this.status, words);
  }

  async tellWords() {
    if (!this.words.open || this.player.playing) return;
    const step = this.step;
    try {
      const told = await this.loader.told("extremes", { step });
      if (step !== this.step) return;
      this.table?.remove();
      this.table = extremesTable(told, this.axes, this.told.unit, (one, which) => this.goTo(one, which));
      this.words.append(this.table);
    } catch (error) {
      if (error.name !== "AbortError") this.tell(error.message);
    }
  }

  /** Show where a component is smallest or largest. */
  async goTo(one, which) {
    this.wanted = one;
    await this.refresh();
    this.panel.showStep();
    const x = one.x[which].map((n, i) => n - this.surface.origin[i]);
    this.hit = { element: one.at[which], x, moved: [0, 0, 0] };
    const place = one.x[which].join(",");
    await this.probe(one.where === "points" ? { node: one.at[which] } : { element: one.at[which], x: place });
    this.redraw();
  }

  end() {
    this.ended = true;
    this.player.stop();
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    this.unlisten?.();
    this.sized?.disconnect();
    this.theme?.removeEventListener("change", this.onTheme);
    this.loader.end();
    this.renderer.free();
  }
}
