// The files of a run.

import { fileAddress, getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { table } from "./table.js";
import { bytes } from "./words.js";

export async function showFiles(root, page) {
  const body = el("section", { class: "card" });
  root.append(body);
  async function look() {
    const { files } = await getJson(path("api", "runs", page.run, "files"));
    files.sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
    fill(body, table(["file", "#size", ""], files.map((file) => {
      const address = fileAddress(page.run, file.path);
      return [
        el("a", { class: "mono", href: address, target: "_blank", rel: "noopener" }, file.path),
        bytes(file.size),
        el("a", { href: `${address}?download`, download: file.path.split("/").at(-1) }, "Download")];
    })));
  }
  page.onGlance.add(() => look().catch(() => {}));
  await look();
}
