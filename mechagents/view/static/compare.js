// Two runs side by side: what they have in common, and where they differ.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { go } from "./main.js";
import { changes } from "./programs.js";
import { table } from "./table.js";
import { count, duration, levelMark, money, spaced, statusMark } from "./words.js";

export async function show(root, { query }) {
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  const { runs } = await getJson("/api/runs");
  const body = el("div", {});
  const choice = (side, title, now) => el("label", { class: "field half" }, title, el("select", { name: side, on: { change: chosen } },
    el("option", { value: "" }, "choose a run"), runs.map((run) => el("option", { value: run.name, selected: run.name === now }, run.name))));
  const form = el("div", { class: "row filters" }, choice("a", "A", a), choice("b", "B", b),
    el("button", { on: { click: () => go(address(b, a)) }, disabled: !(a && b) }, "Exchange"));
  root.append(el("h1", {}, "Compare runs"), form, body);

  function chosen() {
    const [left, right] = form.querySelectorAll("select");
    if (left.value && right.value) go(address(left.value, right.value));
  }

  if (!a || !b) {
    fill(body, el("p", { class: "soft" }, "Choose two runs."));
    return;
  }
  const told = await getJson(`/api/compare?${new URLSearchParams({ a, b })}`);
  fill(body, heads(told), problem(told), quantities(told), formulation(told), assumptions(told), checks(told), programs(told));
}

function address(a, b) {
  return `/compare?${new URLSearchParams({ a, b })}`;
}

function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), children);
}

function heads({ runs, same_until: same }) {
  const side = (run, i) => el("div", {},
    el("div", { class: "row" }, el("b", { class: "side" }, "AB"[i]), el("a", { href: path("runs", run.name) }, run.name)),
    el("div", { class: "row" }, statusMark(run.status), levelMark(run.claim_level)),
    run.failure && el("p", { class: "bad" }, run.failure),
    el("dl", { class: "pairs" },
      [["model", run.model], ["team", spaced(run.team)], ["attempts", run.spent.attempts], ["executions", run.spent.executions], ["model calls", run.spent.model_calls], ["tokens", run.spent.tokens?.toLocaleString("en")], ["cost", money(run.spent.cost)], ["last sitting", duration(run.seconds)]]
        .filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
  return el("section", { class: "card" }, el("div", { class: "sides" }, runs.map(side)),
    same > 1 && el("p", { class: "soft" }, `Both say the same up to message ${same}; what that took is counted in both.`));
}

function problem({ problem: [a, b] }) {
  if (JSON.stringify(a) === JSON.stringify(b)) return card("Question, the same", el("blockquote", {}, a.statement));
  const side = (one, i) => el("div", {}, el("b", { class: "side" }, "AB"[i]), el("blockquote", {}, one.statement), one.tolerance && el("p", { class: "soft small" }, `Asked for: ${one.level}, error bound at most ${Number((100 * one.tolerance).toPrecision(3))} %`));
  return card("Question", el("div", { class: "sides" }, [a, b].map(side)));
}

function quantities({ quantities: found }) {
  if (!found.length) return card("Quantities", el("p", { class: "soft" }, "Neither run has any yet."));
  const side = (one) => (one ? [el("span", { class: "value" }, one.value), " ", one.bound, el("div", {}, levelMark(one.claim_level))] : el("span", { class: "soft" }, "none"));
  return card("Quantities", table(["quantity", "#A", "#B", "#B to A", ""], found.map((one) => [
    el("span", { class: "mono" }, one.name), ...one.sides.map(side), percent(one.relative),
    one.within === null ? "" : one.within ? el("span", { class: "good" }, "within both error bounds") : el("span", { class: "note" }, "more than both error bounds")])));
}

function percent(share) {
  if (share === null) return "";
  if (share === 0) return "the same";
  const value = 100 * share;
  return `${value > 0 ? "+" : "−"}${Number(Math.abs(value).toPrecision(3))} %`;
}

function pair(values) {
  return values.map((value) => (value === null ? el("span", { class: "soft" }, "not there") : value));
}

function formulation({ formulation: fields }) {
  if (!fields.length) return card("Formulation, the same");
  return card("Formulation", table(["field", "A", "B"], fields.map((one) => [el("span", { class: "mono" }, one.field), ...pair(one.values)])));
}

function assumptions({ assumptions: found }) {
  if (!found.length) return null;
  const rows = found.map((one) => ({
    kind: one.values[0] === one.values[1] ? "" : "differs",
    cells: [one.about, ...one.values.map((value, i) => (value === null ? el("span", { class: "soft" }, "not there") : [value, el("span", { class: "soft" }, ` (${one.sources[i]})`)]))],
  }));
  return card("Assumptions", table(["about", "A", "B"], rows));
}

function checks({ checks: found }) {
  if (!found.length) return null;
  const state = (side) => (side === null ? el("span", { class: "soft" }, "not made") : [el("span", { class: side.passed ? "good" : "bad" }, side.passed ? "passed" : "failed"), side.value !== null && ` ${side.value.toPrecision(2)}`]);
  const differs = (one) => one.sides.some((side) => side === null) || one.sides[0].passed !== one.sides[1].passed;
  const rows = (which) => table(["check", "A", "B"], which.map((one) => ({ kind: differs(one) ? "differs" : "", cells: [el("span", { class: "mono" }, one.name), ...one.sides.map(state)] })));
  const [unlike, alike] = [found.filter(differs), found.filter((one) => !differs(one))];
  return card(unlike.length ? `Checks, ${unlike.length} unlike` : "Checks, alike", unlike.length ? rows(unlike) : null,
    alike.length > 0 && el("details", {}, el("summary", {}, `${count(alike.length, "check")} with the same verdict`), rows(alike)));
}

function programs({ programs: { attempts, lines } }) {
  if (attempts.every((attempt) => attempt === null)) return null;
  const title = `Program: ${attempts.map((attempt, i) => (attempt === null ? `none in ${"AB"[i]}` : `attempt ${attempt} of ${"AB"[i]}`)).join(", ")}`;
  if (!lines.some(([mark]) => mark !== " ")) return card("Program, the same");
  return card(title, el("p", { class: "soft small" }, "− only in A, + only in B"), el("div", { class: "code", tabindex: "0", role: "region", "aria-label": "What differs in the programs" }, changes(lines)));
}
