// The page of a run, at work or ended.

import { getJson, path } from "./api.js";
import { el } from "./dom.js";

export async function show(root, { run }) {
  const glance = await getJson(path("api", "runs", run));
  root.append(el("h1", {}, glance.problem.name ?? run), el("p", {}, glance.problem.statement ?? ""), el("p", {}, glance.status));
}
