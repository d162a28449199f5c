// The checks on an attempt, as they come: the failed first, then by how near they came.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { table } from "./table.js";
import { count, levelMark } from "./words.js";

export async function showChecks(root, page) {
  const address = path("api", "runs", page.run, "attempts");
  const select = el("select", { on: { change: () => draw(Number(select.value)) } });
  const head = el("div", { class: "row spread" });
  const body = el("div", {});
  root.append(el("section", { class: "card" }, head, body));
  let chosen = 0;
  let newest = 0;

  async function look() {
    const { attempts } = await getJson(address);
    if (!attempts.length) return fill(body, el("p", { class: "soft" }, "Nothing was checked yet."));
    const last = attempts.findLast((one) => one.runs) ?? attempts.at(-1);
    if (!chosen || chosen === newest) chosen = last.attempt;
    newest = last.attempt;
    fill(select, attempts.map((one) => el("option", { value: one.attempt }, `Attempt ${one.attempt}`)));
    return draw(chosen);
  }

  async function draw(number) {
    chosen = number;
    select.value = String(number);
    const one = await getJson(`${address}/${number}`);
    if (chosen !== number) return;
    const failed = one.checks.filter((check) => !check.passed).length;
    fill(head, el("h2", {}, failed ? el("span", { class: "bad" }, `${failed} failed, `) : null, `${one.checks.length - failed} of ${count(one.checks.length, "check")} passed`),
      el("div", { class: "row" }, levelMark(one.claim_level), el("label", { class: "check" }, el("span", { class: "hidden-text" }, "Attempt"), select)));
    const rows = [...one.checks].sort((a, b) => a.passed - b.passed);
    fill(body, rows.length ? table(["check", "result", "#value", "#tolerance", "of tolerance", "meaning"], rows.map(row), "checks") : el("p", { class: "soft" }, "Not checked yet."));
  }

  page.onGlance.add(() => look().catch(() => {}));
  await look();
}

function row(check) {
  const share = check.share;
  return {
    kind: check.passed ? "" : "failed",
    cells: [
      el("span", { class: "mono" }, check.name),
      el("span", { class: check.passed ? "good" : "bad" }, check.passed ? "passed" : "failed"),
      check.value, check.tolerance,
      share === null ? null : el("progress", { class: "bar", max: 1, value: Math.min(share, 1), "aria-label": `${Math.round(share * 100)} % of the tolerance` }),
      check.message],
  };
}
