// The fields of a run, or of a study's sample: drawn, turned, cut, played, and read at a point.

import { path } from "./api.js";
import { el, fill } from "./dom.js";
import { describe, Loader } from "./field/load.js";
import { NoWebGL } from "./field/renderer.js";
import { FieldView } from "./field/view.js";
import { choice } from "./field/controls.js";
import { extremesTable } from "./field/reading.js";

/**
 * Show the fields of a run in an element.
 *
 * @param root The element, which is filled.
 * @param options `run`, and which `attempt`; the newest for none.
 * @returns A function that ends it and frees the graphics card.
 */
export function mountField(root, { run, attempt = null }) {
  const base = path("api", "runs", run, "fields");
  return mount(root, async (show, wanted = attempt) => {
    const told = await describe(base, wanted ? { attempt: wanted } : {});
    if (!told.attempts.length) throw new Nothing("No attempt of this run has left fields yet.");
    const names = told.attempts.map((name) => [name, attemptTitle(name)]);
    const attempts = names.length > 1 ? choice("Attempt", names, told.attempt, show).root : null;
    return { told, attempts, loader: new Loader(base, { attempt: told.attempt }) };
  });
}

/**
 * Show the fields of a study's sample in an element, as `mountField` does those of a run.
 *
 * `kept` is an object in which the component that was chosen is kept for the next sample.
 */
export function mountSampleField(root, { study, sample, kept = {} }) {
  const base = path("api", "studies", study, "samples", String(sample), "fields");
  return mount(root, async () => ({ told: await describe(base), attempts: null, loader: new Loader(base) }), kept);
}

class Nothing extends Error {}

/** Show what `found(show, wanted)` finds; `show(wanted)` shows another in its place. */
async function mount(root, found, kept = {}) {
  let view = null;
  let ended = false;
  let turn = 0;
  root.classList.add("field");
  const show = async (wanted) => {
    const mine = ++turn;
    view?.end();
    view = null;
    fill(root, el("p", { class: "field-hint", role: "status" }, "Reading the fields …"));
    try {
      const { told, attempts, loader } = await found(show, wanted);
      if (ended || mine !== turn) return;
      view = open(root, loader, told, attempts);
      view.wanted = kept.wanted ?? null;
      await view.begun;
    } catch (error) {
      if (ended || mine !== turn || error.name === "AbortError") return;
      const plain = error instanceof Nothing;
      fill(root, el("p", plain ? { class: "field-hint" } : { class: "error", role: "alert" }, error.message));
    }
  };
  await show();
  return () => {
    ended = true;
    kept.wanted = view?.wanted ?? kept.wanted;
    view?.end();
    root.replaceChildren();
  };
}

function attemptTitle(name) {
  const [number, coarser] = name.split("-");
  return coarser ? `${number}, on a coarser mesh (${coarser})` : `${number}`;
}

function open(root, loader, told, attempts) {
  try {
    return new FieldView(root, loader, told, attempts);
  } catch (error) {
    if (!(error instanceof NoWebGL)) throw error;
    return inWords(root, loader, told, attempts, error.message);
  }
}

/** Show the fields as a table, where they cannot be drawn. */
function inWords(root, loader, told, attempts, message) {
  const table = el("div", {});
  fill(root, attempts, el("p", { class: "error", role: "alert" }, `${message} Their extremes are below; try another browser, or switch on its graphics acceleration.`), table);
  const axes = told.flat ? told.axes.slice(0, 2) : told.axes;
  const begun = loader.told("extremes", { step: told.first }).then((found) => {
    fill(table, extremesTable(found, axes, told.unit, () => {}));
  });
  return { begun, end: () => loader.end() };
}
