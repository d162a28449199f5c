// What a run is about at a glance: question, answer, assumptions, drawing, pictures, budget.

import { actions, askFurther } from "./actions.js";
import { fileAddress, path } from "./api.js";
import { el, fill } from "./dom.js";
import { table } from "./table.js";
import { duration, levelMark, spaced } from "./words.js";

const LIMITS = [
  ["attempts", "attempts", String], ["executions", "executions", String], ["model_calls", "model calls", String],
  ["tokens", "tokens", (number) => number.toLocaleString("en")], ["cost", "USD", (number) => Number(number.toPrecision(3)).toString()],
];

export async function showOverview(root, page) {
  let drawn = "";
  const asks = el("div", {});
  const rest = el("div", {});
  const further = card("Ask further", askFurther(page));
  root.append(asks, rest);

  /** Return what was made before while it shows the same, so that pictures do not flicker. */
  const kept = new Map();
  function keep(name, shows, make) {
    const key = JSON.stringify(shows);
    if (kept.get(name)?.key !== key) kept.set(name, { key, made: make() });
    return kept.get(name).made;
  }

  function draw(glance) {
    actions(asks, page);
    further.hidden = !glance.formulation || ["running", "waiting"].includes(glance.status);
    const text = JSON.stringify(glance);
    if (text === drawn) return;
    drawn = text;
    fill(rest, el("div", { class: "columns" },
      el("div", {}, answer(glance), question(glance), assumptions(glance), further, plan(glance), formulation(glance)),
      el("div", {}, keep("drawing", glance.formulation, () => drawing(glance, page.run)),
        keep("pictures", glance.pictures, () => pictures(glance, page.run)), progress(glance), spending(glance))));
  }

  page.onGlance.add(draw);
  draw(page.glance);
}

function card(title, ...children) {
  return el("section", { class: "card" }, title && el("h2", {}, title), children);
}

/** Return a card that comes after the others where there is one column. */
function late(...parts) {
  const made = card(...parts);
  made.classList.add("late");
  return made;
}

function question(glance) {
  const problem = glance.problem;
  if (!problem) return null;
  const earlier = glance.earlier;
  return card("Question",
    earlier && el("p", { class: "soft small" }, "Follows ", el("span", { class: "mono" }, earlier.run), ", which asked: ", earlier.statements.join(" / ")),
    el("blockquote", {}, problem.statement),
    el("p", { class: "soft small" }, `Asked for: ${problem.level}, with an error bound of at most ${Number((100 * problem.tolerance).toPrecision(3))} %.`));
}

function answer(glance) {
  if (glance.failure) return failure(glance.failure);
  const found = glance.answer;
  if (!found) return null;
  return card("Answer",
    el("div", { class: ["claim", found.tone] },
      el("p", { class: "level" }, `Claim level: ${found.claim_level}${found.accepted ? "" : ", not accepted"}`),
      el("p", {}, found.meaning)),
    table(["quantity", "#value", "#error bound", "claim level"], found.quantities.map((one) => [
      [el("span", { class: "mono" }, one.name), one.what && el("div", { class: "soft small" }, one.what), one.note && el("div", { class: "soft small" }, one.note)],
      el("span", { class: "value" }, one.value), one.bound, levelMark(one.claim_level)])),
    found.note && el("p", { class: "note" }, found.note));
}

function failure(failed) {
  if (failed.reason === "waiting") return null;
  return card("No answer",
    el("div", { class: "claim bad" }, el("p", { class: "level" }, `The run ended: ${spaced(failed.reason)}`), el("p", { class: "pre" }, failed.message)),
    failed.tried.length ? [el("h3", {}, "What was tried"), el("ol", {}, failed.tried.map((one) => el("li", {}, one)))] : null);
}

/** Return the assumptions; names stand as they do in answer.json, where they can be looked up. */
function assumptions(glance) {
  const known = glance.answer?.assumptions ?? [];
  if (!known.length) return null;
  return card("On these assumptions", known.map((one) => el("div", { class: "assumption" },
    el("p", {}, el("span", { class: "soft" }, `${one.about}: `), el("b", {}, one.value), el("span", { class: "soft" }, ` (${one.source})`)),
    one.others.map((other) => el("p", { class: "small otherwise" }, "instead ", other)),
    el("details", { class: "small" }, el("summary", {}, "Why"), el("p", {}, one.why)))));
}

function plan(glance) {
  if (!glance.plan) return null;
  return late("Plan", el("p", { class: "soft" }, glance.plan.method), el("ol", {}, glance.plan.steps.map((step) => el("li", {}, step))));
}

function formulation(glance) {
  const known = glance.formulation;
  if (!known) return null;
  return late("Formulation", el("p", {}, known.idealisation),
    known.sections.map((part) => [el("h3", {}, part.title), table(part.head, part.rows)]));
}

function drawing(glance, run) {
  if (!glance.formulation) return null;
  return card(null, el("figure", { class: "drawing" },
    el("img", { src: path("api", "runs", run, "drawing"), alt: "The body with its supports, loads and dimensions", width: 660, height: 470 }),
    el("figcaption", {}, "To scale, apart from symbols. Hatching: fixed. Rollers: held across the wall. Open arrows: prescribed displacement. Filled arrows: load.")));
}

function pictures(glance, run) {
  if (!glance.pictures.length) return null;
  return card("Pictures", el("div", { class: "pictures" }, glance.pictures.map((picture) => {
    const address = fileAddress(run, picture.path);
    return el("figure", {}, el("a", { href: address, target: "_blank", rel: "noopener" },
      el("img", { class: "paper", src: address, alt: picture.name, loading: "lazy" })), el("figcaption", {}, picture.name));
  })));
}

function progress(glance) {
  const evidence = glance.evidence;
  if (!evidence) return null;
  return card("Checks",
    el("p", {}, `Attempt ${evidence.attempt}: `, evidence.failed ? el("b", { class: "bad" }, `${evidence.failed} failed, `) : null,
      `${evidence.passed} passed${evidence.over ? "" : " so far"}`, " ", evidence.over ? levelMark(evidence.claim_level) : null));
}

function spending(glance) {
  const limits = glance.setup.budget ?? {};
  const shown = LIMITS.filter(([name]) => limits[name] && (glance.spent[name] || !["tokens", "cost"].includes(name)));
  const usage = (glance.answer ?? glance.failure)?.usage;
  return card("Spent of the budget",
    el("div", { class: "meter" },
      usage && limits.seconds ? bar("time", usage.seconds, limits.seconds, duration) : null,
      shown.map(([name, words, format]) => bar(words, glance.spent[name], limits[name], format))));
}

function bar(words, used, limit, format) {
  return [
    el("span", {}, words),
    el("progress", { value: Math.min(used, limit), max: limit, "aria-label": words }),
    el("span", { class: "number" }, `${format(used)} / ${format(limit)}`)];
}
