// Forking a run at a message: a new run that goes on otherwise from there, anew, with words said
// to the message, or with the message edited.

import { getJson, path, post } from "./api.js";
import { el, fill } from "./dom.js";

const CHANGE = "What is to change. A role's name and a colon first addresses it to that role.";
const SAID = {
  question: "Your reply, where the fork is not to wait for it",
  plan: CHANGE,
  formulation: CHANGE,
  program: CHANGE,
  evidence: "Why another program is to be written",
  selection: "Why another program is to be written",
};
const CANNOT = new Set(["setup", "earlier", "answer"]);
const MOST_ROWS = 28;
let forms = 0;

/** Return a form that forks a run at a message, null where it cannot be forked. */
export function forkForm(page, seq, kind) {
  if (CANNOT.has(kind)) return null;
  const setup = page.glance.setup;
  const group = `fork-${++forms}`;
  const say = el("textarea", { name: "say" });
  const parts = {
    anew: el("div", {}),
    say: el("div", {}, el("label", { class: "field" }, SAID[kind], say)),
    edit: el("div", { class: "edits" }),
  };
  const ways = [["anew", "Go on from it anew"], SAID[kind] && ["say", "Say something to it"], ["edit", "Edit it"]].filter(Boolean);
  const model = el("input", { type: "text", name: "model", value: setup.model ?? "" });
  const attempts = el("input", { type: "number", name: "attempts", min: 1, value: setup.budget?.attempts ?? "" });
  const wrong = el("p", { class: "bad pre", role: "alert", id: `${group}-wrong` });
  const button = el("button", { class: "main" }, "Fork");
  let way = "anew";
  let editors = null;

  const form = el("form", { on: { submit } },
    el("p", { class: "soft small" }, `A new run takes over all up to message ${seq} and goes on otherwise from there. This one stays as it is.`),
    el("fieldset", {}, el("legend", {}, `With message ${seq}`),
      ways.map(([name, words]) => el("label", { class: "check" },
        el("input", { type: "radio", name: group, value: name, checked: name === way, on: { change: () => choose(name) } }), words))),
    ways.map(([name]) => parts[name]),
    el("div", { class: "row" }, el("label", { class: "field" }, "Model", model), el("label", { class: "field" }, "Attempts in all", attempts), button),
    wrong);

  function choose(name) {
    way = name;
    fill(wrong);
    for (const [known, part] of Object.entries(parts)) part.hidden = known !== way;
    if (way === "edit" && !editors) showEditors();
  }

  async function showEditors() {
    try {
      const { fields } = await getJson(path("api", "runs", page.run, "messages", String(seq), "fields"));
      editors = new Map(fields.map((field) => [field.name, editor(field, wrong.id)]));
      fill(parts.edit, el("p", { class: "soft small" }, "As it was logged; numbers are SI."), fields.map((field) => el("label", { class: "field" },
        field.json ? `${field.name} (JSON)` : field.name, editors.get(field.name))));
    } catch (error) {
      fill(parts.edit, el("p", { class: "note" }, error.message));
    }
  }

  /** Return what is asked for, as the server takes it. */
  function asked() {
    const told = { at: seq };
    if (way === "say") {
      if (!say.value.trim()) throw new Error("Say something to the message, or go on from it anew.");
      told.say = say.value.trim();
    }
    if (way === "edit") {
      if (!editors) throw new Error("This message cannot be edited; go on from it anew.");
      told.edited = Object.fromEntries([...editors].map(([name, text]) => [name, text.value]));
    }
    if (model.value.trim() && model.value.trim() !== setup.model) told.model = model.value.trim();
    if (Number(attempts.value) && Number(attempts.value) !== setup.budget?.attempts) told.attempts = Number(attempts.value);
    return told;
  }

  async function submit(event) {
    event.preventDefault();
    fill(wrong);
    form.append(wrong);
    button.disabled = true;
    for (const text of editors?.values() ?? []) text.removeAttribute("aria-invalid");
    try {
      const { run } = await post(path("api", "runs", page.run, "fork"), asked());
      await page.leave(path("runs", run));
    } catch (error) {
      button.disabled = false;
      point(error.message);
      fill(wrong, error.message);
      wrong.scrollIntoView({ block: "nearest" });
    }
  }

  /** Lead to the field that an error names, beside which it is told. */
  function point(message) {
    const text = way === "edit" && editors?.get(/^\w+/.exec(message)?.[0]);
    if (!text) return;
    text.closest("label").after(wrong);
    text.setAttribute("aria-invalid", "true");
    text.focus({ preventScroll: true });
    const [, line, column] = /line (\d+), column (\d+)/.exec(message) ?? [];
    if (!line) return;
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const at = before + Number(column) - 1;
    text.setSelectionRange(at, at + 1);
  }

  choose(way);
  return el("details", { class: "fork" }, el("summary", {}, "Fork from here"), form);
}

function editor(field, wrong) {
  const lines = field.text.split("\n").length;
  const rows = Math.min(Math.max(lines + (lines > 3), field.text.length > 80 ? 3 : 1), MOST_ROWS);
  const text = el("textarea", {
    name: field.name, rows, class: field.json || field.name === "source" ? "exact" : null,
    wrap: field.json || field.name === "source" ? "off" : null, spellcheck: "false", "aria-describedby": wrong,
  });
  text.value = field.text;
  return text;
}
