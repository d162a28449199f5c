// What was read at a place, in words and numbers.

import { el, fill } from "../dom.js";
import { digits, exactly, prefixed, quantity } from "./units.js";

export class Reading {
  /** `size` is that of the body: coordinates are told to a millionth of it. */
  constructor(axes, unit, size) {
    this.axes = axes;
    this.unit = unit;
    this.size = size;
    this.root = el("section", { class: "field-reading", "aria-label": "Reading" });
    this.spoken = el("p", { class: "field-spoken", "aria-live": "polite" });
    this.clear();
  }

  clear() {
    this.root.classList.remove("is-filled");
    fill(this.root, el("p", { class: "field-hint" }, "Choose a place on the body to read the field there."));
    fill(this.spoken);
  }

  /** Show what `probe` answered, the chosen component first. */
  show(probed, chosen) {
    const mine = probed.readings.find((r) => r.field === chosen.field && r.name === chosen.name);
    this.root.classList.add("is-filled");
    fill(this.root,
      mine && el("p", { class: "field-value", data: { value: mine.value, x: JSON.stringify(probed.x) } }, `${mine.title}: `, el("strong", {}, quantity(mine.value, mine.unit, 6))),
      el("dl", {},
        line("at", this.place(probed.x)),
        line("element", [`${probed.element}, ${probed.kind}`, probed.region !== null && `, region ${probed.region}`]),
        line("nearest node", [`${probed.node.number}, ${quantity(probed.node.distance, this.unit, 3)} away, at `, this.place(probed.node.x)]),
        mine && line(mine.where === "cells" ? "of the element" : "there", el("code", { data: { value: mine.at_node } }, exactly(mine.at_node, mine.unit))),
      ),
      el("details", { class: "field-every" }, el("summary", {}, `Every field here (${probed.step})`), this.table(probed)),
    );
    const told = mine ? `${mine.title} ${quantity(mine.value, mine.unit, 5)} at ${this.place(probed.x)}` : "";
    fill(this.spoken, told);
  }

  place(x) {
    const largest = Math.max(...x.map(Math.abs));
    const { factor, unit } = prefixed(this.unit, largest);
    const near = 1e-6 * this.size;
    const told = (n) => digits(Math.abs(n) < near ? 0 : n / factor, 6);
    return `${this.axes.map((axis, i) => `${axis} = ${told(x[i])}`).join(", ")} ${unit}`;
  }

  table(probed) {
    const row = (r) => el("tr", {},
      el("th", { scope: "row" }, r.title),
      el("td", {}, quantity(r.value, r.unit, 6)),
      el("td", {}, el("code", {}, exactly(r.at_node, r.unit))));
    const head = ["field", "at the place", "at the nearest node, as in the file"];
    return el("div", { class: "field-scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, probed.readings.map(row))));
  }
}

function line(term, told) {
  return [el("dt", {}, term), el("dd", {}, told)];
}

/** Return a table of the smallest and largest of every component; `go` shows the place of one. */
export function extremesTable(told, axes, unit, go) {
  const place = (x) => {
    if (!x) return "–";
    const { factor, unit: short } = prefixed(unit, Math.max(...x.map(Math.abs)));
    return `${x.slice(0, axes.length).map((n) => digits(n / factor, 4)).join(", ")} ${short}`;
  };
  const end = (one, which) => el("td", {},
    quantity(one[which ? "high" : "low"], one.unit, 5), el("br", {}),
    one.at[which] < 0 ? null : el("button", {
      type: "button", class: "field-go", on: { click: () => go(one, which) },
      "aria-label": `Show where ${one.title} is ${which ? "largest" : "smallest"}`,
    }, `at ${place(one.x[which])}`));
  const head = ["field", "smallest", "largest"];
  return el("div", { class: "field-scroll" }, el("table", {},
    el("caption", {}, `Smallest and largest of each field: ${told.step}`),
    el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, told.extremes.map((one) =>
      el("tr", {}, el("th", { scope: "row" }, one.title), end(one, 0), end(one, 1))))));
}
