// The parts of a form: each has a name, is reached by keyboard, and tells what was chosen.

import { el, fill } from "../dom.js";

let count = 0;

function named(label, control, ...more) {
  control.id ||= `field-control-${++count}`;
  return el("div", { class: "field-control" }, el("label", { for: control.id }, label), control, ...more);
}

/** Return a list to choose from; options are [value, text], or { label, options } for a group. */
export function choice(label, options, chosen, on) {
  const select = el("select", { on: { change: () => on(select.value) } });
  const root = named(label, select);
  const set = (listed, value) => {
    const option = ([own, text]) => el("option", { value: own, selected: own === value }, text);
    fill(select, listed.map((one) => Array.isArray(one)
      ? option(one)
      : el("optgroup", { label: one.label }, one.options.map(option))));
    select.value = value;
  };
  set(options, chosen);
  return { root, set, select };
}

/** Return a box to tick. */
export function tick(label, checked, on) {
  const input = el("input", { type: "checkbox", checked, on: { change: () => on(input.checked) } });
  input.id = `field-control-${++count}`;
  const root = el("div", { class: "field-tick" }, input, el("label", { for: input.id }, label));
  return { root, input };
}

/** Return a slider from 0 to 1; `told` says in words where it is. */
export function slider(label, share, on, told = () => "") {
  const input = el("input", { type: "range", min: 0, max: 1000, step: 1 });
  const output = el("output", { class: "field-told" });
  const root = named(label, input, output);
  const say = () => {
    const words = told(Number(input.value) / 1000);
    fill(output, words);
    input.setAttribute("aria-valuetext", words);
  };
  const set = (value) => {
    input.value = String(Math.round(1000 * value));
    say();
  };
  input.addEventListener("input", () => {
    on(Number(input.value) / 1000);
    say();
  });
  set(share);
  return { root, set, input, say };
}

/** Return a box for a number. */
export function number(label, value, on) {
  const input = el("input", { type: "number", step: "any", on: { change: () => changed() } });
  const root = named(label, input);
  const changed = () => {
    if (input.value !== "" && Number.isFinite(input.valueAsNumber)) on(input.valueAsNumber);
  };
  const set = (now) => {
    input.value = String(now);
  };
  set(value);
  return { root, set, input };
}

export function button(label, on, attributes = {}) {
  return el("button", { type: "button", on: { click: on }, ...attributes }, label);
}

/** Return a group of controls with a heading, which can be folded. */
export function group(title, open, ...children) {
  return el("details", { class: "field-group", open }, el("summary", {}, title), ...children);
}
