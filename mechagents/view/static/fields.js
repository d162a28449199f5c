// The fields of a run, in its page.

import { mountField } from "./field.js";

export function showFields(root, page) {
  return mountField(root, { run: page.run, attempt: page.glance.evidence?.attempt ?? null });
}
