// The field of a study's sample, below its plots; it changes with the sample that is opened.

import { el, fill } from "./dom.js";
import { mountSampleField } from "./field.js";

/** Arrow keys go through samples faster than fields are read. */
const PATIENCE = 200;

export function sampleField(study) {
  const element = el("section", { class: "card sample-field", hidden: true, "aria-label": "Fields of a sample" });
  const kept = {};
  let mounted = null;
  let shown = null;
  let waiting = 0;

  /** Draw the fields of a sample. */
  function show(sample) {
    if (shown === sample) return;
    const before = end();
    shown = sample;
    element.hidden = false;
    const body = el("div", {});
    fill(element,
      el("div", { class: "row spread" }, el("h2", {}, `Fields of sample ${sample}`), el("button", { type: "button", on: { click: end } }, "Close")),
      body);
    mounted = Promise.resolve(before).then(() => mountSampleField(body, { study, sample, kept }));
  }

  /** Go on to the sample that was opened, where fields are open. */
  function follow(sample, kept) {
    clearTimeout(waiting);
    if (shown === null || shown === sample) return;
    waiting = setTimeout(() => {
      if (shown !== null && kept) show(sample);
      else end();
    }, PATIENCE);
  }

  function end() {
    clearTimeout(waiting);
    const ending = mounted?.then((stop) => stop());
    mounted = shown = null;
    fill(element);
    element.hidden = true;
    return ending;
  }

  return {
    element, follow, stop: end,
    open(sample) {
      show(sample);
      element.scrollIntoView({ block: "start" });
    },
  };
}
