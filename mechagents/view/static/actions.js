// What a person can do from the page of a run: approve, answer, go on, stop, ask further.

import { path, post } from "./api.js";
import { el, fill } from "./dom.js";
import { blocksOf } from "./said.js";

/** Show what can be done now. What is typed stays while the same thing can be done. */
export function actions(root, page) {
  const glance = page.glance;
  const state = JSON.stringify([glance.status, glance.question?.seq, glance.begun_here, glance.trouble]);
  if (root.dataset.state === state) return;
  root.dataset.state = state;
  fill(root,
    glance.trouble && el("p", { class: "error pre" }, `The run did not go on. ${glance.trouble}`),
    glance.question && question(page),
    glance.status in ENDED && goOn(page),
    glance.status === "running" && glance.begun_here && running(page));
}

/** Return a form in which a person asks further, as a run that follows this one. */
export function askFurther(page) {
  const text = el("textarea", { name: "statement", required: true, "aria-label": "What is asked now", placeholder: "For instance: now in shear" });
  const model = el("input", { type: "text", name: "model", value: page.glance.setup.model ?? "", "aria-label": "Model" });
  return form(page, [
    el("p", { class: "soft small" }, "A new run takes over the question, the formulation and the program of this one, and none of its results."),
    text,
    el("div", { class: "row" }, el("label", { class: "check" }, "Model", model), el("button", { class: "main" }, "Ask")),
  ], async () => {
    const begun = await post(path("api", "runs", page.run, "follow"), { statement: text.value, model: model.value });
    page.leave(path("runs", begun.run));
  });
}

function question(page) {
  const { question: asked, status, begun_here: here } = page.glance;
  const elsewhere = page.glance.at_work && !here;
  const held = asked.about && el("details", { open: true }, el("summary", {}, asked.about.head),
    el("div", { class: "held", tabindex: "0" }, blocksOf(asked.about)));
  const words = asked.approves === null ? asked.text : asked.text.split("?")[0] + "?";
  return el("section", { class: "card asks", "aria-label": "A question for you" },
    el("h2", {}, asked.approves === null ? `${asked.sender} asks` : "Waits for your approval"),
    el("p", { class: "pre" }, words), held,
    elsewhere ? el("p", { class: "soft" }, "It is asked at the terminal where the run works; answer there.")
      : status === "running" ? null : asked.approves === null ? answer(page, asked) : approve(page, asked));
}

function answer(page, asked) {
  const text = el("textarea", { name: "text", "aria-label": "Your answer", required: true });
  return form(page, [
    asked.options.length ? el("div", { class: "row" }, asked.options.map((option) => el("button", { type: "button", on: { click: () => { text.value = option; text.focus(); } } }, option))) : null,
    text, el("div", { class: "row" }, el("button", { class: "main" }, "Answer and go on"))], () => reply(page, asked, text.value));
}

function approve(page, asked) {
  const text = el("textarea", { name: "text", "aria-label": "What to change", placeholder: "What to change. A role's name and a colon first addresses it to that role." });
  const back = el("button", { name: "back", value: "back" }, "Send back");
  return form(page, [
    el("div", { class: "row" }, el("button", { class: "main", value: "approve" }, "Approve")),
    el("details", {}, el("summary", {}, "Or send it back, or end the run"), text,
      el("div", { class: "row" }, back, el("button", { value: "exit" }, "End the run"))),
  ], (chosen) => {
    if (chosen !== "back") return reply(page, asked, chosen);
    if (!text.value.trim()) throw new Error("Say what to change.");
    return reply(page, asked, text.value);
  });
}

function reply(page, asked, text) {
  return post(path("api", "runs", page.run, "reply"), { text, question: asked.seq });
}

const LIMITS = [
  ["attempts", "Attempts"], ["seconds", "Seconds"], ["model_calls", "Model calls"], ["tokens", "Tokens"],
  ["cost", "Cost in USD"], ["executions", "Executions"], ["messages", "Messages"],
];
const ENDED = {
  unknown: ["Nobody may be at work on this run", "It has no end, and on this file system it cannot be told from here whether a process works on it. If one does, going on is refused where its lock can be seen."],
  stopped: ["Stopped before its end", "Nothing that was logged is done again."],
  failed: ["Go on with this run", "Nothing that was logged is done again. What was used up counts, so a run whose budget is spent needs a larger one."],
  unaccepted: ["Go on with this run", "Its answer was not accepted. It goes on where a limit ended it, if that is larger now."],
};

/** Return a form that goes on with a run that was left or ended, with larger limits. */
function goOn(page) {
  const { status, setup, spent } = page.glance;
  const [title, words] = ENDED[status];
  const limits = setup.budget ?? {};
  const inputs = new Map(LIMITS.filter(([name]) => limits[name]).map(([name, label]) => {
    const isSpent = spent[name] >= limits[name];
    const value = isSpent ? 2 * limits[name] : limits[name];
    return [name, { label, isSpent, input: el("input", { type: "number", name, min: 0, step: "any", value }) }];
  }));
  const fields = (wanted) => [...inputs.values()].filter(wanted).map(({ label, input }) => el("label", { class: "field" }, label, input));
  const budget = () => Object.fromEntries([...inputs].map(([name, { input }]) => [name, Number(input.value)])
    .filter(([name, value]) => value !== limits[name]));
  const first = [...inputs.values()].filter((one) => one.isSpent);
  return el("section", { class: "card asks", "aria-label": title }, el("h2", {}, title),
    form(page, [
      el("p", {}, words),
      first.length > 0 && el("p", { class: "soft small" }, "Spent, and doubled here:"),
      el("div", { class: "row limits" }, fields((one) => one.isSpent)),
      el("details", {}, el("summary", {}, first.length ? "Other limits" : "Limits, in all"), el("div", { class: "row limits" }, fields((one) => !one.isSpent))),
      el("div", { class: "row" }, el("button", { class: "main" }, "Go on")),
    ], () => post(path("api", "runs", page.run, "resume"), { budget: budget() })));
}

function running(page) {
  return form(page, [el("div", { class: "row" }, el("button", {}, "Stop the run"))], () => post(path("api", "runs", page.run, "stop")));
}

/** Return a form whose buttons rest while it is sent, and which shows what went wrong. */
function form(page, children, send) {
  const wrong = el("p", { class: "bad", role: "alert" });
  const made = el("form", { on: { submit } }, children, wrong);
  async function submit(event) {
    event.preventDefault();
    const buttons = [...made.querySelectorAll("button")];
    fill(wrong);
    for (const button of buttons) button.disabled = true;
    try {
      await send(event.submitter?.value ?? "");
      await page.refresh();
      page.follow();
    } catch (error) {
      fill(wrong, error.message);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }
  return made;
}
