// The page that shows two runs side by side.

import { el } from "./dom.js";

export async function show(root) {
  root.append(el("h1", {}, "Compare runs"));
}
