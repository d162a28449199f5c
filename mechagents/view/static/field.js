// The fields of a run: drawn, turned, cut, played, and read at a point.

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
export async function mountField(root, { run, attempt = null }) {
  let view = null;
  let ended = false;
  root.classList.add("field");
  const show = async (wanted) => {
    view?.end();
    view = null;
    fill(root, el("p", { class: "field-hint", role: "status" }, "Reading the fields …"));
    const told = await describe(run, wanted);
    if (ended) return;
    if (!told.attempts.length) {
      fill(root, el("p", { class: "field-hint" }, "No attempt of this run has left fields yet."));
      return;
    }
    const names = told.attempts.map((name) => [name, attemptTitle(name)]);
    const attempts = names.length > 1
      ? choice("Attempt", names, told.attempt, (name) => show(name).catch(failed)).root
      : null;
    view = open(root, run, told, attempts);
    await view?.begun;
  };
  const failed = (error) => {
    if (!ended && error.name !== "AbortError") {
      fill(root, el("p", { class: "error", role: "alert" }, error.message));
    }
  };
  await show(attempt).catch(failed);
  return () => {
    ended = true;
    view?.end();
    root.replaceChildren();
  };
}

function attemptTitle(name) {
  const [number, coarser] = name.split("-");
  return coarser ? `${number}, on a coarser mesh (${coarser})` : `${number}`;
}

function open(root, run, told, attempts) {
  const loader = new Loader(run, told.attempt);
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
