// The page of a study: its dataset as plots and a table in which the same samples are selected,
// and one sample beside them.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { influence } from "./influence.js";
import { matrix } from "./matrix.js";
import { parallel } from "./parallel.js";
import { sampleField } from "./samplefield.js";
import { samples } from "./samples.js";
import { scatter } from "./scatter.js";
import { searchView } from "./search.js";
import { colours } from "./studycolour.js";
import { Data, quantity, scaleOf } from "./studydata.js";
import { table } from "./table.js";
import { watch } from "./watch.js";
import { count, duration, levelMark, statusMark } from "./words.js";

export async function show(root, { study }) {
  const address = path("api", "studies", study);
  let told = await getJson(address);
  const data = new Data((await getJson(`${address}/dataset`)).columns);
  const axes = { x: "", y: "" };
  let by = "claim_level";
  let painted = null;
  const head = el("header", {});
  const body = el("div", {});
  const search = told.searches ? searchView(study, (sample) => data.openSample(sample)) : null;
  root.append(head, ...(search ? [search.element] : []), body);
  const parts = [];

  function drawHead() {
    const facts = [told.problem && `problem ${told.problem}`, told.searches ? `${count(told.done, "design")} run, up to ${told.total} in the search` : told.total ? `${told.done.toLocaleString("en")} of ${count(told.total, "sample")}` : told.done ? count(told.done, "sample") : "", ...Object.entries(told.statuses).map(([name, many]) => `${many} ${name}`)];
    fill(head,
      el("div", { class: "head" }, el("h1", {}, told.title || told.name), el("div", { class: "row" }, statusMark(told.status), levelMark(told.claim_level)),
        el("div", { class: "row" }, told.base && el("a", { class: "button", href: path("runs", told.base) }, "The team's run"),
          told.files.filter((name) => /^dataset|^card/.test(name)).map((name) => el("a", { class: "button", href: path("api", "studies", study, "files", name), download: name }, name)))),
      el("p", { class: "facts" }, facts.filter(Boolean).map((fact) => el("span", {}, fact))),
      told.status === "running" && el("progress", { class: "whole", max: told.total || 1, value: told.done, "aria-label": "Samples that are done" }),
      told.advice && el("p", { class: "note" }, told.advice));
    root.dataset.done = String(told.done);
  }

  function build() {
    const numbers = data.numbers.filter((column) => !column.empty || column.kind === "parameter");
    if (!data.rows || numbers.length < 2) {
      fill(body, el("p", { class: "soft" }, told.status !== "running" ? "There are no samples here." : told.claim_level ? "No sample is done yet." : "The team solves the problem first."));
      return false;
    }
    axes.x = numbers.find((column) => column.kind === "parameter")?.name ?? numbers[0].name;
    axes.y = numbers.find((column) => column.kind === "quantity" && !column.empty)?.name ?? numbers.at(-1).name;
    const spoken = el("p", { class: "pointed soft small", role: "status" });
    const plot = scatter(data, axes, paint, (words) => fill(spoken, words || "Drag to select, click a sample to open it."));
    const lines = parallel(data, paint);
    const pairs = matrix(data, paint, (x, y) => {
      Object.assign(axes, { x, y });
      for (const name of ["x", "y"]) body.querySelector(`select[name=${name}]`).value = axes[name];
      again();
    });
    const rows = samples(data);
    const side = el("section", { class: "card influence-card" });
    const opened = el("section", { class: "card opened", "aria-live": "polite" });
    const field = sampleField(study);
    const chosen = el("div", { class: "row chosen" });
    const legend = el("div", { class: "legend" });
    const ranges = el("details", { class: "ranges" });
    const pick = (name, title, offered, change) => el("label", { class: "field" }, title, el("select", { name, on: { change: (event) => change(event.target.value) } }, offered.map(([value, words, now]) => el("option", { value, selected: now }, words))));
    const listed = (now) => numbers.map((column) => [column.name, column.name, column.name === now]);
    fill(body,
      el("div", { class: "row filters" },
        pick("x", "Across", listed(axes.x), (value) => { axes.x = value; again(); }),
        pick("y", "Up", listed(axes.y), (value) => { axes.y = value; again(); }),
        pick("by", "Colour", [["claim_level", "claim level", true], ["status", "status", false], ...listed("")], (value) => { by = value; again(); }),
        legend),
      chosen,
      el("div", { class: "study-grid" },
        el("section", { class: "card" }, plot.canvas, spoken), el("div", {}, opened, side)),
      field.element,
      el("section", { class: "card" }, el("div", { class: "scroll" }, lines.canvas), ranges),
      pairs.element,
      el("section", { class: "card flush" }, rows.element));
    fill(spoken, "Drag to select, click a sample to open it.");
    let shown = -2;
    let asked = 0;

    function again() {
      painted = null;
      drawLegend(legend, paint());
      drawChosen(chosen, data);
      influence(side, data, axes, told.indices);
      plot.again();
      lines.again();
      pairs.again();
      rows.again();
      if (!ranges.open || !ranges.contains(document.activeElement)) drawRanges(ranges, data, numbers);
      if (data.opened !== shown) openSample();
    }

    async function openSample() {
      shown = data.opened;
      const mine = ++asked;
      if (shown < 0 || shown >= data.rows) return fill(opened, el("h2", {}, "A sample"), el("p", { class: "soft" }, "Choose one in a plot or in the table."));
      const number = data.text("sample", shown);
      const known = { sample: number, status: data.text("status", shown), claim_level: data.text("claim_level", shown), reason: data.text("reason", shown), values: data.numbers.map((column) => [column.name, quantity(column.values[shown], column.unit, data.bound(column.name, shown))]) };
      fill(opened, sampleOf(known, study));
      const one = await getJson(`${address}/samples/${number}`).catch(() => known);
      if (mine !== asked) return;
      fill(opened, sampleOf(one, study, field.open));
      field.follow(one.sample, Boolean(one.fields));
    }

    data.listeners.clear();
    data.listeners.add(again);
    again();
    parts.push(plot, lines, pairs, field);
    return true;
  }

  function paint() {
    painted ??= colours(data, by);
    return painted;
  }

  drawHead();
  let built = build();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const repaint = () => { painted = null; if (built) data.tell(); };
  dark.addEventListener("change", repaint);
  await search?.refresh();
  const stop = watch(path("api", "studies", study, "events"), {
    async study(next) {
      const more = next.stamp !== told.stamp || next.status !== told.status;
      told = next;
      drawHead();
      if (!more) return;
      const [{ columns }] = await Promise.all([getJson(`${address}/dataset`), search?.refresh()]);
      painted = null;
      data.set(columns);
      if (!built) built = build();
    },
    state(words) { root.dataset.stream = words; },
  });
  return () => {
    stop();
    search?.stop();
    dark.removeEventListener("change", repaint);
    for (const part of parts) part.stop();
  };
}

function drawLegend(root, { legend, column, groups }) {
  if (legend) {
    fill(root, legend.map((group) => key(group.colour, group.name)));
    return;
  }
  const scale = scaleOf(Math.max(Math.abs(column.low), Math.abs(column.high)), column.unit);
  const bar = el("span", { class: "scale" }, groups.slice(0, -1).map((group) => key(group.colour, "")));
  fill(root, `${Number((column.low / scale.factor).toPrecision(4))} `, bar, ` ${Number((column.high / scale.factor).toPrecision(4))} ${scale.unit}`);
}

function key(colour, name) {
  const mark = el("span", { class: "dot" });
  mark.style.background = colour;
  return name ? el("span", { class: "key" }, mark, name) : mark;
}

function drawChosen(root, data) {
  const words = (name, [low, high]) => {
    const column = data.byName.get(name);
    return `${name}: ${quantity(low, column?.unit)} to ${quantity(high, column?.unit)}`;
  };
  const statuses = [...new Set(data.columns.get("status")?.cells ?? [])].sort();
  fill(root,
    el("span", { class: "many", role: "status" }, data.brushed ? `${data.kept.length.toLocaleString("en")} of ${count(data.rows, "sample")} selected` : `All ${count(data.rows, "sample")}`),
    [...data.ranges].map(([name, range]) => el("button", { class: "chip", "aria-label": `Remove ${words(name, range)}`, on: { click: () => data.range(name, null) } }, words(name, range), " ×")),
    statuses.length > 1 && statuses.map((status) => el("button", { class: "chip", "aria-pressed": String(data.only === status), on: { click: () => { data.only = data.only === status ? "" : status; data.choose(); } } }, `only ${status}`)),
    data.brushed && el("button", { class: "chip", on: { click: () => data.clear() } }, "Select all"));
}

function drawRanges(root, data, numbers) {
  fill(root, el("summary", {}, "Ranges, to type"), el("div", { class: "range-grid" }, numbers.filter((column) => !column.empty).map((column) => {
    const range = data.ranges.get(column.name);
    const input = (which, value) => el("input", { type: "text", inputmode: "decimal", size: 12, value: value ?? "", "aria-label": `${column.name} ${which}`, placeholder: Number((which === "from" ? column.low : column.high).toPrecision(4)) });
    const low = input("from", range?.[0]);
    const high = input("to", range?.[1]);
    const change = () => {
      const typed = [low, high].map((field, i) => (field.value.trim() === "" || Number.isNaN(Number(field.value)) ? [-Infinity, Infinity][i] : Number(field.value)));
      data.range(column.name, typed[0] === -Infinity && typed[1] === Infinity ? null : [Math.max(typed[0], column.low), Math.min(typed[1], column.high)]);
    };
    for (const field of [low, high]) field.addEventListener("change", change);
    return el("div", { class: "range" }, el("span", { class: "mono" }, column.name), low, high, el("span", { class: "soft small" }, column.unit === "1" ? "" : column.unit));
  })));
}

function sampleOf(one, study, open) {
  return [
    el("div", { class: "row spread" }, el("h2", {}, `Sample ${one.sample}`), el("div", { class: "row" }, el("span", { class: ["pill", one.status === "passed" || one.status === "mended" ? "good" : "bad"] }, one.status), one.claim_level !== "none" && levelMark(one.claim_level))),
    one.reason && el("p", { class: "bad" }, one.reason),
    one.values && el("dl", { class: "pairs" }, one.values.map(([name, words]) => [el("dt", {}, name), el("dd", {}, words)])),
    one.parameters && el("dl", { class: "pairs" },
      one.parameters.map((it) => [el("dt", {}, it.name), el("dd", {}, quantity(it.value, it.unit))]),
      one.quantities.map((it) => [el("dt", {}, it.name), el("dd", {}, el("b", {}, quantity(it.value, it.unit, it.error_bound)), it.note && el("div", { class: "soft small" }, it.note))]),
      Object.entries(one.outputs).map(([name, value]) => [el("dt", {}, name), el("dd", {}, quantity(value, ""))])),
    one.failed?.length > 0 && table(["check", "#value", "#tolerance", "meaning"], one.failed.map((check) => ({ kind: "failed", cells: [el("span", { class: "mono" }, check.name), check.value === null ? "" : check.value.toPrecision(3), check.tolerance === null ? "" : check.tolerance.toPrecision(3), check.message] })), "checks"),
    one.parameters && el("p", { class: "soft small" }, [one.checks ? `${one.checks - one.failed.length} of ${count(one.checks, "check")} passed` : "not checked", one.full && "drawn for the full verification", duration(one.seconds)].filter(Boolean).join(" · ")),
    el("p", { class: "row" },
      one.fields && open && el("button", { type: "button", on: { click: () => open(one.sample) } }, "See its fields"),
      one.fields && el("a", { class: "button", href: path("api", "studies", study, "files", ...one.fields.split("/")), download: `sample-${one.sample}.vtu` }, "VTU"),
      one.run && el("a", { class: "button", href: path("runs", one.run) }, "The run that mended it")),
  ];
}
