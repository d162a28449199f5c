// The router: shows the page that the address names, without loading anything again.
//
// A page is a module that exports `async function show(root, params)`, which fills `root` and may
// return a function that is called when the page is left. `params` holds the parts of the
// address by name, and `query`, its URLSearchParams.

import { el, fill } from "./dom.js";

const PAGES = [
  { pattern: /^\/$/, names: [], load: () => import("./list.js") },
  { pattern: /^\/runs\/([^/]+)$/, names: ["run"], load: () => import("./run.js") },
  { pattern: /^\/studies\/([^/]+)$/, names: ["study"], load: () => import("./study.js") },
  { pattern: /^\/compare$/, names: [], load: () => import("./compare.js") },
];

const root = document.getElementById("page");
const told = document.getElementById("told");
let leave = null;
let turn = 0;

/** Show an error at the top of the page, until the next page is shown; `null` takes it away. */
export function tell(error) {
  fill(told, error && el("p", { class: "error" }, error.message ?? String(error)));
}

/** Go to a page by its address. */
export function go(address) {
  history.pushState(null, "", address);
  return open();
}

async function open() {
  const mine = ++turn;
  forgetToken();
  fill(told);
  leave?.();
  leave = null;
  const { page, params } = find();
  const section = el("div", { class: "page", "aria-busy": "true" });
  fill(root, section);
  way(params);
  try {
    if (!page) throw new Error("There is no such page.");
    const module = await page.load();
    const left = await module.show(section, params);
    if (mine === turn) leave = left ?? null;
    else left?.();
  } catch (error) {
    if (mine === turn) tell(error);
  }
  section.removeAttribute("aria-busy");
}

function find() {
  const query = new URLSearchParams(location.search);
  for (const page of PAGES) {
    const match = page.pattern.exec(location.pathname);
    if (!match) continue;
    const values = page.names.map((name, i) => [name, decodeURIComponent(match[i + 1])]);
    return { page, params: { ...Object.fromEntries(values), query } };
  }
  return { page: null, params: { query } };
}

/** Take the token out of the address: the cookie holds it now. */
function forgetToken() {
  const here = new URL(location.href);
  if (!here.searchParams.has("token")) return;
  here.searchParams.delete("token");
  history.replaceState(null, "", here.pathname + here.search + here.hash);
}

function way(params) {
  const name = params.run ?? params.study;
  document.title = name ? `${name} – mechagents` : "mechagents";
  fill(document.getElementById("way"), name ? [el("a", { href: "/" }, "All runs"), el("span", { class: "here" }, name)] : null);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const address = new URL(link.href, location.href);
  const ours = address.origin === location.origin && PAGES.some((page) => page.pattern.test(address.pathname));
  if (!ours || link.target || link.hasAttribute("download")) return;
  if (address.pathname === location.pathname && address.hash) return;
  event.preventDefault();
  go(address.pathname + address.search).then(() => root.focus({ preventScroll: false }));
});

addEventListener("popstate", open);
addEventListener("unhandledrejection", (event) => tell(event.reason));
open();
