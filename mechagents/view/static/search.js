// A search for a design, at work or ended: the best so far over the designs that were tried, which
// bounds it keeps, and where it lies between the limits of its parameters.

import { getJson, path } from "./api.js";
import { drawn, FONT, place } from "./canvas.js";
import { el, fill } from "./dom.js";
import { number, quantity, scaleOf, ticks } from "./studydata.js";
import { table } from "./table.js";

const EDGE = { left: 74, right: 16, top: 14, bottom: 44 };
const NEAR = 16;
/** How designs stand to their bounds: colour of the style sheet, and in words. */
const STANDS = {
  kept: ["--level-4", "keeps to every bound, with its error bounds", "✓ kept"],
  open: ["--level-2", "keeps by its values; its error is not known before it is verified in full", "✓ kept by value"],
  uncertain: ["--level-1", "keeps by its values, but an error bound reaches past", "? uncertain"],
  broken: ["--soft", "breaks a bound", "✗ broken"],
  failed: ["--level-0", "has no checked result", "✗ no result"],
};

export function searchView(study, onOpen) {
  const address = path("api", "studies", study, "search");
  let found = null;
  let best = [];
  let pointed = -1;
  const spoken = el("p", { class: "pointed soft small", role: "status" });
  const point = el("div", { class: "search-best", "aria-live": "polite" });
  const words = el("details", { class: "ranges" });
  const legend = el("div", { class: "legend" });
  words.addEventListener("toggle", tellWords);
  const { canvas, again, stop } = drawn({
    class: "plot", tabindex: "0", role: "application", "aria-label": "Objective over the designs that were tried: arrows go from design to design, Enter opens one",
    on: { pointermove: (event) => show(nearest(place(canvas, event))), pointerleave: () => show(-1), click: (event) => open(nearest(place(canvas, event))), keydown: keys },
  }, 280, draw);
  const element = el("section", { class: "card search", "aria-label": "The search", hidden: true },
    el("div", { class: "search-grid" }, el("div", {}, el("h2", {}, "The search"), canvas, legend, spoken, words), point));

  /** Ask again for what was tried by now. */
  async function refresh() {
    const next = await getJson(address).catch((error) => {
      if (error.status === 404) return null; // there is no design yet
      throw error;
    });
    if (!next) return;
    found = next;
    best = bestSoFar(found);
    element.hidden = !found.designs.length;
    element.dataset.designs = String(found.designs.length);
    element.dataset.best = found.best ? String(found.best.objective) : "";
    const used = new Set(found.designs.map((one) => one.keeps));
    fill(legend, Object.entries(STANDS).filter(([name]) => used.has(name)).map(([name, [colour, told]]) => el("span", { class: "key" }, dot(colour), told)));
    drawPoint(point, found);
    tellWords();
    again();
  }

  function frame(width, height) {
    const values = found.designs.map((one) => one.objective).filter((value) => value !== null);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - Math.abs(low) / 10 - 1e-300, high + Math.abs(high) / 10 + 1e-300] : [0, 1];
    const spare = 0.06 * (high - low);
    const wide = width - EDGE.left - EDGE.right;
    const tall = height - EDGE.top - EDGE.bottom;
    const most = Math.max(found.designs.length, found.evaluations);
    const across = (at) => EDGE.left + ((at + 0.5) / most) * wide;
    const up = (value) => EDGE.top + tall * (1 - (value - low + spare) / (high - low + 2 * spare));
    return { low, high, wide, tall, most, across, up };
  }

  function draw(context, width, height, colour) {
    if (!found?.designs.length) return;
    const { low, high, wide, tall, most, across, up } = frame(width, height);
    const scale = scaleOf(Math.max(Math.abs(low), Math.abs(high)), found.unit);
    context.font = FONT;
    context.lineWidth = 1;
    context.strokeStyle = colour("--line");
    context.fillStyle = colour("--soft");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(low / scale.factor, high / scale.factor, 5)) {
      const y = Math.round(up(value * scale.factor)) + 0.5;
      stroke(context, [[EDGE.left, y], [EDGE.left + wide, y]]);
      context.fillText(number(value, 6), EDGE.left - 8, y);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const count of ticks(0, most, Math.max(2, wide / 90))) {
      if (Number.isInteger(count) && count > 0) context.fillText(String(count), across(count - 1), EDGE.top + tall + 8);
    }
    context.fillStyle = colour("--ink");
    context.fillText("designs that were run", EDGE.left + wide / 2, height - 16);
    context.save();
    context.translate(12, EDGE.top + tall / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(scale.unit ? `${found.objective} [${scale.unit}]` : found.objective, 0, 0);
    context.restore();
    found.designs.forEach((one, at) => {
      const [x, y] = [across(at), one.objective === null ? EDGE.top + tall - 2 : up(one.objective)];
      context.fillStyle = context.strokeStyle = colour(STANDS[one.keeps][0]);
      context.globalAlpha = one.keeps === "broken" ? 0.55 : 1;
      context.beginPath();
      if (one.keeps === "broken" || one.keeps === "failed") {
        context.moveTo(x - 3, y - 3); context.lineTo(x + 3, y + 3); context.moveTo(x - 3, y + 3); context.lineTo(x + 3, y - 3);
        context.stroke();
      } else {
        context.arc(x, y, one.full ? 5.5 : 3.2, 0, 7);
        context.fill();
      }
    });
    context.globalAlpha = 1;
    context.strokeStyle = colour("--accent");
    context.lineWidth = 2;
    stroke(context, best.flatMap(({ at, value }, i) => [[across(at), up(value)], [i + 1 < best.length ? across(best[i + 1].at) : across(found.designs.length - 1), up(value)]]));
    for (const [at, name] of [[found.best?.at ?? -1, "--ink"], [pointed, "--accent"]]) {
      const one = found.designs[at];
      if (!one || one.objective === null) continue;
      context.strokeStyle = colour(name);
      context.beginPath();
      context.arc(across(at), up(one.objective), 8, 0, 7);
      context.stroke();
    }
    canvas.dataset.drawn = String(found.designs.length);
  }

  function nearest([px, py]) {
    if (!found?.designs.length) return -1;
    const { across, up, tall } = frame(canvas.clientWidth, canvas.clientHeight);
    let [nearestOne, least] = [-1, NEAR];
    found.designs.forEach((one, at) => {
      const far = Math.hypot(across(at) - px, (one.objective === null ? EDGE.top + tall - 2 : up(one.objective)) - py);
      if (far < least) [nearestOne, least] = [at, far];
    });
    return nearestOne;
  }

  function show(at) {
    if (at === pointed) return;
    pointed = at;
    fill(spoken, at < 0 ? "" : said(found.designs[at], at));
    again();
  }

  function said(one, at) {
    const value = one.objective === null ? "no result" : `${found.objective} = ${quantity(one.objective, found.unit)}`;
    return `Design ${at + 1}, sample ${one.sample}: ${value}; ${STANDS[one.keeps][1]}`;
  }

  function open(at) {
    if (at >= 0) onOpen(found.designs[at].sample);
  }

  function keys(event) {
    const last = (found?.designs.length ?? 0) - 1;
    const to = { ArrowRight: pointed + 1, ArrowLeft: pointed - 1, Home: 0, End: last }[event.key];
    if (event.key === "Enter") return open(pointed);
    if (to === undefined || last < 0) return undefined;
    event.preventDefault();
    return show(Math.min(Math.max(to, 0), last));
  }

  function tellWords() {
    const rows = words.open && found ? best.map(({ at, value }) => [String(at + 1), String(found.designs[at].sample), quantity(value, found.unit), STANDS[found.designs[at].keeps][2]]) : [];
    fill(words, el("summary", {}, "How the best became better, in words"), words.open && table(["#design", "#sample", `#${found?.objective ?? ""}`, "bounds"], rows, "steps-table"));
  }

  return { element, refresh, stop };
}

/** Return the designs that were better than all before them, of those that break no bound. */
function bestSoFar({ designs, minimize }) {
  const found = [];
  designs.forEach((one, at) => {
    if (one.objective === null || one.keeps === "broken" || one.keeps === "failed") return;
    const before = found.at(-1)?.value;
    if (before === undefined || (minimize ? one.objective < before : one.objective > before)) found.push({ at, value: one.objective });
  });
  return found;
}

function drawPoint(root, found) {
  const { best } = found;
  if (!best) {
    fill(root, el("h2", {}, "The best so far"), el("p", { class: "bad" }, "No design that was tried keeps to every bound."));
    return;
  }
  fill(root,
    el("h2", {}, best.full ? "The best design" : "The best so far"),
    el("p", { class: "claim" }, `${found.objective} = `, el("b", { data: { value: best.objective } }, quantity(best.objective, found.unit))),
    el("p", { class: "soft small" }, `Sample ${best.sample}, design ${best.at + 1} of ${found.designs.length} that were run${best.full ? ", verified in full" : ""}.`),
    el("h3", {}, "Bounds"),
    found.constraints.length ? el("ul", { class: "bounds" }, found.constraints.map((bound, i) => boundLine(bound, best.bounds[i]))) : el("p", { class: "soft" }, "None."),
    el("h3", {}, "The point"),
    el("dl", { class: "pairs" }, best.parameters.map((it) => [el("dt", {}, it.name), el("dd", {}, quantity(it.value, it.unit), between(it))])),
    best.full && el("p", { class: "soft small" }, "The search does not prove that no better one exists."));
}

function boundLine(bound, one) {
  const limits = [bound.at_least !== null && `at least ${quantity(bound.at_least, bound.unit)}`, bound.at_most !== null && `at most ${quantity(bound.at_most, bound.unit)}`].filter(Boolean).join(", ");
  const [colour, words, mark] = STANDS[one.keeps];
  return el("li", { data: { keeps: one.keeps } },
    dot(colour), el("b", {}, mark), ` ${bound.name} = ${quantity(one.value, bound.unit, one.error)}, ${limits}`,
    one.keeps !== "kept" && el("div", { class: "soft small" }, `It ${words}.`));
}

/** Draw where a value lies between the limits of its parameter. */
function between({ value, low, high, unit }) {
  const share = Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
  return el("svg", { viewBox: "0 0 100 6", class: "between", role: "img", "aria-label": `between ${quantity(low, unit)} and ${quantity(high, unit)}` },
    el("line", { x1: 1, x2: 99, y1: 3, y2: 3 }), el("circle", { cx: 1 + 98 * share, cy: 3, r: 2.5 }));
}

function dot(colour) {
  const mark = el("span", { class: "dot" });
  mark.style.background = `var(${colour})`;
  return mark;
}

function stroke(context, points) {
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}
