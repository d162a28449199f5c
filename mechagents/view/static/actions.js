// What a person can do from the page of a run.

import { fill } from "./dom.js";

export function actions(root) {
  fill(root);
}
