// The list of runs and studies: searched and filtered here, looked at again while it is shown.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { count, duration, levelMark, moment, money, statusMark, statusWords } from "./words.js";

const AGAIN_MS = 4000;
const MOST = 300;
const FIELDS = [
  ["status", "Status", statusWords],
  ["claim_level", "Claim level", String],
  ["model", "Model", String],
  ["problem", "Problem", String],
];

export async function show(root, { query }) {
  const chosen = Object.fromEntries(FIELDS.map(([name]) => [name, query.get(name) ?? ""]));
  chosen.text = query.get("text") ?? "";
  let told = await getJson("/api/runs");
  let shown = "";
  const search = el("input", { type: "search", value: chosen.text, placeholder: "words, names, models", on: { input: choose } });
  const selects = FIELDS.map(([name]) => el("select", { name, on: { change: choose } }));
  const head = el("h1", {}, "Runs");
  const runs = el("ul", { class: "runs" });
  const studies = el("section", {});
  const found = el("p", { class: "soft small", role: "status" });
  root.append(
    studies, head,
    el("div", { class: "row filters", role: "search" },
      el("label", { class: "field" }, "Search", search),
      FIELDS.map(([, title], i) => el("label", { class: "field half" }, title, selects[i]))),
    found, runs);

  function choose() {
    chosen.text = search.value;
    FIELDS.forEach(([name], i) => { chosen[name] = selects[i].value; });
    const kept = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
    history.replaceState(null, "", kept.size ? `/?${kept}` : "/");
    draw();
  }

  function draw() {
    FIELDS.forEach(([name, , words], i) => offer(selects[i], told.runs, name, words, chosen[name]));
    const kept = told.runs.filter((run) => fits(run, chosen));
    const limit = kept.slice(0, MOST);
    fill(found, kept.length === told.runs.length ? count(kept.length, "run") : `${kept.length} of ${count(told.runs.length, "run")}`,
      kept.length > MOST && `, the newest ${MOST} shown`);
    fill(runs, limit.length ? limit.map(entry) : el("li", { class: "empty" }, told.runs.length ? "No run fits." : "No runs here yet. Begin one with: mechagents solve copper-plate"));
    fill(studies, told.studies.length > 0 && [
      el("h1", {}, "Studies"), el("p", {}), el("ul", { class: "runs" }, told.studies.map(studyEntry)), el("p", {}), el("p", {})]);
  }

  async function again() {
    if (document.hidden) return;
    const next = await getJson("/api/runs").catch(() => null);
    const text = JSON.stringify(next);
    if (!next || text === shown) return;
    shown = text;
    told = next;
    draw();
  }

  shown = JSON.stringify(told);
  draw();
  const timer = setInterval(again, AGAIN_MS);
  return () => clearInterval(timer);
}

function offer(select, runs, name, words, chosen) {
  const values = [...new Set([...runs.map((run) => run[name]).filter(Boolean), ...(chosen ? [chosen] : [])])].sort();
  const offered = values.join("\n");
  if (select.dataset.offered === offered) return;
  select.dataset.offered = offered;
  fill(select, el("option", { value: "" }, "all"), values.map((value) => el("option", { value }, words(value))));
  select.value = chosen;
}

function fits(run, chosen) {
  if (FIELDS.some(([name]) => chosen[name] && run[name] !== chosen[name])) return false;
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [run.name, run.problem, run.statement, run.model, run.status].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function entry(run) {
  const facts = [run.model, run.attempts && count(run.attempts, "attempt"), duration(run.seconds), money(run.cost), moment(run.updated)];
  return el("li", {}, el("a", { class: "entry", href: path("runs", run.name) },
    el("span", { class: "name" }, run.problem || run.name),
    el("span", { class: "marks" }, statusMark(run.status), levelMark(run.claim_level)),
    el("span", { class: "words" }, run.statement || run.name),
    el("span", { class: "facts" }, facts.filter(Boolean).join(" · "))));
}

function studyEntry(study) {
  const done = study.samples ? `${study.done} of ${count(study.samples, "sample")}` : "";
  return el("li", {}, el("a", { class: "entry", href: path("studies", study.name) },
    el("span", { class: "name" }, study.name),
    el("span", { class: "marks" }, statusMark(study.status)),
    el("span", { class: "words" }, study.problem),
    el("span", { class: "facts" }, done)));
}
