// The fields of a run in two and three dimensions; drawn by field.js where it is there.

import { el } from "./dom.js";

export async function showFields(root, page) {
  let field = null;
  try {
    field = await import("./field.js");
  } catch {
    root.append(el("p", { class: "soft" }, "Fields cannot be shown by this version. Take them to ParaView: mechagents files RUN --to vtu"));
    return null;
  }
  return field.mountField(root, { run: page.run, attempt: page.glance.evidence?.attempt ?? null });
}
