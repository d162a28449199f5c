// The attempts of a run: each program with what changed, what it wrote, and what the checks found.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { count, duration, levelMark, spaced } from "./words.js";

const CONTEXT = 3;

export async function showPrograms(root, page, detail) {
  const address = path("api", "runs", page.run, "attempts");
  const choices = el("div", { class: "choices", role: "group", "aria-label": "Attempts" });
  const open = el("div", {});
  root.append(el("div", { class: "attempts" }, choices, open));
  let chosen = Number(detail) || 0;
  let known = "";

  async function look() {
    const { attempts } = await getJson(address);
    const text = JSON.stringify(attempts);
    if (text === known) return;
    known = text;
    if (!attempts.length) fill(open, el("p", { class: "soft" }, "No program was written yet."));
    else await select(attempts.some((one) => one.attempt === chosen) ? chosen : attempts.at(-1).attempt, attempts);
  }

  async function select(number, attempts) {
    chosen = number;
    fill(choices, attempts.map((one) => el("button", {
      "aria-pressed": String(one.attempt === number), on: { click: () => select(one.attempt, attempts) },
    }, el("b", {}, `Attempt ${one.attempt}`), one.lane ? `, candidate ${one.lane}` : "", el("div", { class: "small soft" }, outcome(one)))));
    const [whole, difference] = await Promise.all([getJson(`${address}/${number}`), getJson(`${address}/${number}/difference`)]);
    if (chosen === number) fill(open, attempt(whole, difference));
  }

  page.onGlance.add(() => look().catch(() => {}));
  await look();
}

function outcome(one) {
  if (!one.runs) return "not run yet";
  if (one.status !== "ok") return spaced(one.status);
  if (one.failed.length) return `${count(one.failed.length, "check")} failed`;
  return one.claim_level ? `${count(one.passed, "check")} passed` : "not checked yet";
}

function attempt(one, difference) {
  return [
    el("section", { class: "card" },
      el("div", { class: "row spread" }, el("h2", {}, `Attempt ${one.attempt}`), levelMark(one.claim_level)),
      one.changed && el("p", {}, el("span", { class: "soft" }, "Changed: "), one.changed),
      one.why && el("p", {}, el("span", { class: "soft" }, "Because: "), one.why),
      one.failed.length ? el("p", { class: "bad" }, `Failed: ${one.failed.join(", ")}`) : null,
      one.quantities.map((words) => el("p", { class: "mono" }, words))),
    el("section", { class: "card" }, program(one, difference)),
    el("section", { class: "card" }, el("h2", {}, "Executions"), one.executions.length ? one.executions.map(execution) : el("p", { class: "soft" }, "Not run yet.")),
  ];
}

function program(one, difference) {
  const changed = difference.lines.some(([mark]) => mark !== " ");
  const code = el("div", { class: "code", tabindex: "0", role: "region", "aria-label": "The program" });
  const whole = el("button", { on: { click: () => pick(false) } }, "Program");
  const since = difference.since && el("button", { on: { click: () => pick(true) } }, `Changes since attempt ${difference.since}`);
  function pick(differences) {
    whole.setAttribute("aria-pressed", String(!differences));
    since?.setAttribute("aria-pressed", String(differences));
    fill(code, differences ? changes(difference.lines) : listing(one.source));
  }
  pick(Boolean(since) && changed);
  return [el("div", { class: "row spread" }, el("h2", {}, "Program"), el("div", { class: "threads" }, since, whole)),
    since && !changed ? el("p", { class: "soft small" }, "The program is the same; its settings changed.") : null, code];
}

function listing(source) {
  return el("div", { class: "lines" }, source.split("\n").map((text, i) => codeLine(" ", i + 1, text)));
}

/** Return lines with what is the same folded away, but for a few lines around each change. */
export function changes(lines) {
  const near = new Set();
  lines.forEach(([mark], i) => {
    if (mark !== " ") for (let k = i - CONTEXT; k <= i + CONTEXT; k++) near.add(k);
  });
  const shown = el("div", { class: "lines" });
  for (let i = 0; i < lines.length;) {
    if (near.has(i)) {
      shown.append(codeLine(...lines[i++]));
      continue;
    }
    const from = i;
    while (i < lines.length && !near.has(i)) i++;
    const folded = lines.slice(from, i);
    const fold = el("button", { class: "fold", on: { click: () => fold.replaceWith(...folded.map((line) => codeLine(...line))) } }, `${count(folded.length, "line")} the same`);
    shown.append(fold);
  }
  return shown;
}

function codeLine(mark, number, text) {
  const kind = { "+": "added", "-": "removed" }[mark];
  return el("div", { class: ["l", kind] }, el("span", {}, number), el("span", {}, mark), el("span", {}, text));
}

function execution(one) {
  const failed = one.status !== "ok";
  return el("details", { open: failed },
    el("summary", {}, el("span", { class: failed ? "bad" : "" }, failed ? spaced(one.status) : "ran"), ` at ${one.settings}, ${duration(one.seconds)}, ${one.memory.toFixed(0)} MiB`),
    one.message && el("p", { class: failed ? "bad" : "" }, one.message),
    stream("Output", one.stdout, one.stdout_bytes), stream("Errors", one.stderr, one.stderr_bytes),
    el("p", { class: "soft small" }, `In ${one.folder}; isolation: ${one.isolation}`));
}

function stream(title, text, bytes) {
  if (!text) return null;
  const cut = bytes > new TextEncoder().encode(text).length;
  return [el("h3", {}, title), cut && el("p", { class: "soft small" }, `${count(bytes, "byte")} in all, of which the end is kept`), el("pre", { tabindex: "0" }, text)];
}
