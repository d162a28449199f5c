// The conversation: every message as a line, of which only those in view are in the page, and
// the chosen one beside them. Threads: what one role said and was told.

import { getJson, path } from "./api.js";
import { el, fill } from "./dom.js";
import { forkForm } from "./forks.js";
import { graph } from "./graph.js";
import { blocksOf, speakers } from "./said.js";
import { clock } from "./words.js";

const HEIGHT = 62;
const PAGE = 100;
const SPARE = 8;
const QUIET = new Set(["model_call", "setup", "speaker"]);

export async function showConversation(root, page, detail) {
  const address = path("api", "runs", page.run);
  const heads = rowsOf(await getJson(`${address}/heads`));
  const known = new Map();
  const asked = new Set();
  let role = "";
  let quiet = false;
  let chosen = Number(detail) || 0;
  let kept = [];
  let atEnd = true;

  const threads = el("div", { class: "threads", role: "group", "aria-label": "Threads by role" });
  const room = el("div", { class: "room" });
  const list = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Messages", on: { scroll: draw, keydown: keys } }, room);
  const open = el("div", { class: "open", tabindex: "-1" });
  const talk = el("div", { class: "talk" }, list, open);
  root.append(threads, talk);

  function choose() {
    kept = heads.filter((head) => (quiet || !QUIET.has(head.kind)) && (!role || head.sender === role || head.to.includes(role)));
    room.style.height = `${kept.length * HEIGHT}px`;
    drawThreads();
    draw();
  }

  function drawThreads() {
    const names = [...new Set(heads.flatMap((head) => [head.sender, ...head.to]))];
    const had = document.activeElement?.dataset?.role;
    fill(threads,
      ["", ...names].map((name) => el("button", {
        "aria-pressed": String(name === role), data: { role: name }, on: { click: () => { role = name; choose(); } },
      }, name || "everybody")),
      el("label", { class: "check" },
        el("input", { type: "checkbox", checked: quiet, on: { change: (event) => { quiet = event.target.checked; choose(); } } }),
        "model calls"));
    if (had !== undefined) [...threads.querySelectorAll("button")].find((b) => b.dataset.role === had)?.focus();
  }

  function draw() {
    const first = Math.max(Math.floor(list.scrollTop / HEIGHT) - SPARE, 0);
    const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / HEIGHT) + SPARE, kept.length);
    atEnd = list.scrollTop + list.clientHeight >= room.offsetHeight - HEIGHT / 2;
    const shown = kept.slice(first, last);
    fill(room, shown.map((head, i) => line(head, first + i)));
    const missing = shown.filter((head) => !known.has(head.seq));
    if (missing.length) load(missing[0].seq).then(load.bind(null, missing.at(-1).seq)).catch(() => {});
  }

  async function load(seq) {
    const from = Math.floor((seq - 1) / PAGE) * PAGE;
    if (asked.has(from)) return;
    asked.add(from);
    try {
      let after = from;
      while (after < from + PAGE) {
        const { messages } = await getJson(`${address}/messages?told&after=${after}&limit=${from + PAGE - after}`);
        if (!messages.length) break;
        for (const message of messages) known.set(message.seq, message);
        after = messages.at(-1).seq;
      }
      if (after < from + PAGE) asked.delete(from);
      draw();
    } catch (error) {
      asked.delete(from);
      throw error;
    }
  }

  function line(head, at) {
    const message = known.get(head.seq);
    const item = el("div", {
      class: "line", role: "option", id: `message-${head.seq}`, "aria-selected": String(head.seq === chosen),
      "aria-setsize": String(kept.length), "aria-posinset": String(at + 1), on: { click: () => select(head.seq) },
    },
      el("div", { class: "who" }, el("b", {}, head.sender), head.to.length ? `→ ${head.to.join(", ")}` : null,
        el("span", { class: "at" }, message ? clock(message.time) : "", ` #${head.seq}`)),
      el("div", { class: ["what", message?.style] }, message ? message.head : head.kind,
        message?.blocks[0]?.text && el("span", { class: "more" }, `  ${message.blocks[0].text}`)));
    item.style.transform = `translateY(${at * HEIGHT}px)`;
    return item;
  }

  async function select(seq) {
    chosen = seq;
    history.replaceState(null, "", `#conversation/${seq}`);
    list.setAttribute("aria-activedescendant", `message-${seq}`);
    talk.classList.add("opened");
    draw();
    const message = await getJson(`${address}/messages/${seq}?told`);
    if (chosen === seq) fill(open, whole(message));
    open.scrollTop = 0;
  }

  function whole(message) {
    const raw = el("details", { on: { toggle: showRaw } }, el("summary", {}, "As it was logged"));
    async function showRaw() {
      if (raw.open && raw.children.length === 1) raw.append(el("pre", {}, JSON.stringify(await getJson(`${address}/messages/${message.seq}`), null, 2)));
    }
    return [
      el("button", { class: "back", on: { click: back } }, "← Messages"),
      el("p", { class: "soft small" }, `#${message.seq} · ${clock(message.time)} · `, speakers(message),
        message.cause && [" · answers ", el("button", { class: "link", on: { click: () => select(message.cause) } }, `#${message.cause}`)]),
      el("h2", { class: message.style }, message.head),
      blocksOf(message), forkOf(message), raw];
  }

  /** Return a message's form, with what was typed in it before another message was opened. */
  function forkOf({ seq, kind }) {
    page.forks ??= new Map();
    if (!page.forks.has(seq)) page.forks.set(seq, forkForm(page, seq, kind));
    return page.forks.get(seq);
  }

  function back() {
    chosen = 0;
    talk.classList.remove("opened");
    fill(open, overview());
    draw();
    list.focus();
  }

  function overview() {
    return [el("h2", {}, "Who spoke to whom"), graph(heads, (name) => { role = name; choose(); })];
  }

  function keys(event) {
    const at = kept.findIndex((head) => head.seq === chosen);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: kept.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (event.key === "Escape") back();
    if (to === undefined || !kept.length) return;
    const next = Math.min(Math.max(to, 0), kept.length - 1);
    event.preventDefault();
    if (next * HEIGHT < list.scrollTop) list.scrollTop = next * HEIGHT;
    if ((next + 1) * HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = (next + 1) * HEIGHT - list.clientHeight;
    select(kept[next].seq);
  }

  page.onMessages.add((messages) => {
    const follows = atEnd;
    for (const message of messages) {
      known.set(message.seq, message);
      if (message.seq === heads.length + 1) heads.push({ seq: message.seq, sender: message.sender, to: message.to, kind: message.kind });
    }
    choose();
    if (follows && page.glance.status === "running") list.scrollTop = room.offsetHeight;
    if (!chosen) fill(open, overview());
  });

  choose();
  if (chosen) {
    const at = kept.findIndex((head) => head.seq === chosen);
    list.scrollTop = Math.max(at - 2, 0) * HEIGHT;
    await select(chosen);
  } else {
    fill(open, overview());
  }
  const resized = new ResizeObserver(draw);
  resized.observe(list);
  return () => resized.disconnect();
}

function rowsOf(told) {
  return told.sender.map((sender, i) => ({
    seq: told.after + i + 1,
    sender: told.names[sender],
    to: told.to[i].map((name) => told.names[name]),
    kind: told.kinds[told.kind[i]],
  }));
}
