// The page of a run, at work or ended: its head, its tabs, and the stream that keeps them fresh.

import { getJson, path } from "./api.js";
import { showChecks } from "./checks.js";
import { showConversation } from "./conversation.js";
import { el, fill } from "./dom.js";
import { showFields } from "./fields.js";
import { showFiles } from "./files.js";
import { follow } from "./follow.js";
import { showOverview } from "./overview.js";
import { showPrograms } from "./programs.js";
import { go, tell } from "./main.js";
import { duration, levelMark, moment, money, statusMark } from "./words.js";

const REFRESH_MS = 400;
const TABS = [
  ["overview", "Overview", showOverview],
  ["conversation", "Conversation", showConversation],
  ["programs", "Programs", showPrograms],
  ["checks", "Checks", showChecks],
  ["fields", "Fields", showFields],
  ["files", "Files", showFiles],
];

export async function show(root, { run }) {
  const address = path("api", "runs", run);
  const page = { run, glance: await getJson(address), onMessages: new Set(), onGlance: new Set(), go: open, refresh, leave: go };
  const head = el("header", {});
  const bar = el("div", { class: "tabs", role: "tablist", on: { keydown: arrows } });
  const body = el("section", { role: "tabpanel", id: "tab" });
  let tab = "";
  let close = null;
  root.append(head, bar, body);

  function drawHead() {
    const { glance } = page;
    fill(head, headOf(glance, run));
    const checks = glance.evidence ? glance.evidence.passed + glance.evidence.failed : 0;
    const counts = { conversation: glance.messages, programs: glance.attempts, checks };
    fill(bar, TABS.map(([name, title]) => el("button", {
      role: "tab", id: `tab-${name}`, "aria-selected": String(name === tab), "aria-controls": "tab",
      tabindex: name === tab ? "0" : "-1", on: { click: () => open(name) },
    }, title, counts[name] ? [" ", el("span", { class: "count" }, counts[name].toLocaleString("en"))] : null)));
  }

  async function open(name, detail = "") {
    if (!TABS.some(([known]) => known === name)) name = "overview";
    history.replaceState(null, "", `${location.pathname}#${[name, detail].filter(Boolean).join("/")}`);
    if (name === tab && !detail) return;
    tab = name;
    const had = bar.contains(document.activeElement);
    drawHead();
    if (had) document.getElementById(`tab-${name}`).focus();
    close?.();
    close = null;
    page.onMessages.clear();
    page.onGlance.clear();
    const part = el("div", {});
    fill(body, part);
    body.setAttribute("aria-labelledby", `tab-${name}`);
    const closed = await TABS.find(([known]) => known === name)[2](part, page, detail);
    if (tab === name && part.isConnected) close = closed ?? null;
    else closed?.();
  }

  function arrows(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([name]) => name === tab);
    open(TABS[(at + step + TABS.length) % TABS.length][0]);
    event.preventDefault();
  }

  let waiting = null;
  async function refresh() {
    page.glance = await getJson(address);
    drawHead();
    for (const listener of page.onGlance) listener(page.glance);
  }
  function soon() {
    waiting ??= setTimeout(() => { waiting = null; refresh().catch(() => {}); }, REFRESH_MS);
  }

  drawHead();
  const [name, ...detail] = location.hash.slice(1).split("/");
  await open(name || "overview", detail.join("/"));
  const stream = follow(run, page.glance.messages, {
    messages(messages) {
      for (const listener of page.onMessages) listener(messages);
      soon();
    },
    ended: soon,
    state(words) {
      root.dataset.stream = words;
      if (words === "lost") getJson(address).then(() => tell(null), tell);
      if (words === "live") { tell(null); soon(); }
    },
  });
  page.follow = stream.again;
  // The run may have been gone on with from a terminal while nobody looked.
  const back = () => { if (!document.hidden) stream.again(); };
  document.addEventListener("visibilitychange", back);
  return () => {
    document.removeEventListener("visibilitychange", back);
    stream.stop();
    clearTimeout(waiting);
    close?.();
  };
}

function headOf(glance, run) {
  const usage = (glance.answer ?? glance.failure)?.usage;
  const facts = [
    glance.setup.model, glance.setup.team && `team ${glance.setup.team}`, moment(glance.started),
    usage && duration(usage.seconds), money(glance.spent.cost),
    glance.spent.tokens && `${glance.spent.tokens.toLocaleString("en")} tokens`];
  return [
    el("div", { class: "head" },
      el("h1", {}, glance.title),
      el("div", { class: "row" }, statusMark(glance.status), levelMark(glance.answer?.claim_level)),
      el("div", { class: "row" },
        el("a", { class: "button", href: path("api", "runs", run, "report"), target: "_blank", rel: "noopener" }, "Report"),
        el("a", { class: "button", href: `/compare?${new URLSearchParams({ a: run })}` }, "Compare"))),
    el("p", { class: "facts" }, facts.filter(Boolean).map((fact) => el("span", {}, fact))),
  ];
}
