// The list of runs and studies.

import { getJson, path } from "./api.js";
import { el } from "./dom.js";

export async function show(root) {
  const { runs, studies } = await getJson("/api/runs");
  root.append(
    el("h1", {}, "Runs"),
    el("ul", {}, runs.map((run) => el("li", {},
      el("a", { href: path("runs", run.name) }, run.problem || run.name), ` ${run.status} ${run.claim_level}`))),
    el("h2", {}, "Studies"),
    el("ul", {}, studies.map((study) => el("li", {}, el("a", { href: path("studies", study.name) }, study.name)))),
  );
}
