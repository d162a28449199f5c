// The page of a study.

import { el } from "./dom.js";

export async function show(root, params) {
  root.append(el("h1", {}, params.study));
}
