// Forking a run at a message: a new run that goes on otherwise from there.

import { path, post } from "./api.js";
import { el, fill } from "./dom.js";

const SAID = {
  question: "Your reply, where the fork is not to wait for it",
  plan: "What is to change. A role's name and a colon first addresses it to that role.",
  formulation: "What is to change. A role's name and a colon first addresses it to that role.",
  program: "What is to change. A role's name and a colon first addresses it to that role.",
  evidence: "Why another program is to be written",
  selection: "Why another program is to be written",
};
const CANNOT = new Set(["setup", "earlier", "answer"]);

/** Return a form that forks a run at a message, null where it cannot be forked. */
export function forkForm(page, seq, kind) {
  if (CANNOT.has(kind)) return null;
  const setup = page.glance.setup;
  const say = SAID[kind] && el("textarea", { name: "say", "aria-label": "What you say to this message", placeholder: SAID[kind] });
  const model = el("input", { type: "text", name: "model", value: setup.model ?? "" });
  const attempts = el("input", { type: "number", name: "attempts", min: 1, value: setup.budget?.attempts ?? "" });
  const wrong = el("p", { class: "bad", role: "alert" });
  const button = el("button", { class: "main" }, "Fork");
  const form = el("form", { on: { submit } },
    el("p", { class: "soft small" }, `A new run takes over all up to message ${seq} and goes on otherwise from there. This one stays as it is.`),
    say,
    el("div", { class: "row" }, el("label", { class: "field" }, "Model", model), el("label", { class: "field" }, "Attempts in all", attempts), button),
    wrong);

  async function submit(event) {
    event.preventDefault();
    fill(wrong);
    button.disabled = true;
    const asked = { at: seq };
    if (say?.value.trim()) asked.say = say.value.trim();
    if (model.value.trim() && model.value.trim() !== setup.model) asked.model = model.value.trim();
    if (Number(attempts.value) && Number(attempts.value) !== setup.budget?.attempts) asked.attempts = Number(attempts.value);
    try {
      const { run } = await post(path("api", "runs", page.run, "fork"), asked);
      await page.leave(path("runs", run));
    } catch (error) {
      fill(wrong, error.message);
      button.disabled = false;
    }
  }

  return el("details", { class: "fork" }, el("summary", {}, "Fork from here"), form);
}
