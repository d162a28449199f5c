// Makes elements out of text nodes and harmless attributes, and nothing else: whatever a model,
// a program or a file name says is shown, and never read as HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg", "g", "path", "circle", "ellipse", "line", "rect", "text", "title", "defs", "marker",
  "polyline", "polygon",
]);
const REFUSED_TAGS = new Set(["script", "iframe", "object", "embed", "base", "meta", "link", "style"]);

/**
 * Return an element.
 *
 * Attributes: `on` takes listeners by event, `data` takes data attributes, `class` a string or
 * a list in which what is false is left out; `true` sets an attribute, `false` and `null` leave
 * it out. Children: elements, texts, numbers, lists of them; `null` and `false` are left out.
 */
export function el(tag, attributes, ...children) {
  if (REFUSED_TAGS.has(tag)) throw new Error(`no <${tag}> is made here`);
  const element = SVG_TAGS.has(tag) && tag !== "title"
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  add(element, children);
  return element;
}

/** Return an SVG `<title>`, which a browser shows when the pointer rests on its parent. */
export function svgTitle(text) {
  const element = document.createElementNS(SVG, "title");
  element.textContent = text;
  return element;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else if (name === "class") {
    const names = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
    element.setAttribute("class", names);
  } else if (name.startsWith("on") || name === "style" || name === "srcdoc" || name === "is") {
    throw new Error(`the attribute ${name} is not set here`);
  } else if (name === "href" || name === "src" || name === "action" || name === "xlink:href") {
    element.setAttribute(name, here(String(value)));
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Return an address if it is on this server (or a picture made in the page), else refuse it. */
function here(address) {
  const full = new URL(address, location.href);
  if (full.origin === location.origin && /^(https?|blob):$/.test(full.protocol)) return address;
  throw new Error("an address that is not this viewer's");
}
