// Who spoke to whom: the members in a ring, and an arrow for each pair, as thick as they spoke much.

import { el, svgTitle } from "./dom.js";

const [WIDTH, HEIGHT, BOX, TALL] = [560, 400, 104, 30];

/**
 * Return the graph of a conversation.
 *
 * `heads` are its messages with `sender` and `to`; `chosen` is called with a member's name.
 */
export function graph(heads, chosen) {
  const pairs = new Map();
  const names = new Set();
  for (const { sender, to } of heads) {
    for (const receiver of to) {
      names.add(sender);
      names.add(receiver);
      const key = JSON.stringify([sender, receiver]);
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
    }
  }
  if (!names.size) return el("p", { class: "soft" }, "Nobody has spoken to anybody yet.");
  const places = new Map([...names].map((name, i) => [name, placeOf(i, names.size)]));
  const most = Math.max(...pairs.values());
  const edges = [...pairs].map(([key, number]) => [...JSON.parse(key), number]);
  return el("div", { class: "graph" }, el("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": wordsOf(edges) },
    edges.map(([from, to, number]) => edge(places.get(from), places.get(to), number, most, `${from} to ${to}: ${number}`)),
    [...places].map(([name, at]) => node(name, at, chosen))));
}

function placeOf(i, number) {
  const angle = (2 * Math.PI * i) / number - Math.PI / 2;
  const [across, down] = [(WIDTH - BOX) / 2 - 6, (HEIGHT - TALL) / 2 - 14];
  return [WIDTH / 2 + across * Math.cos(angle), HEIGHT / 2 + down * Math.sin(angle)];
}

function node(name, [x, y], chosen) {
  const short = name.length > 14 ? `${name.slice(0, 13)}…` : name;
  return el("g", { class: "node", on: { click: () => chosen(name) } }, svgTitle(name),
    el("rect", { x: x - BOX / 2, y: y - TALL / 2, width: BOX, height: TALL, rx: 7 }),
    el("text", { x, y: y + 4.5, "text-anchor": "middle" }, short));
}

function edge(from, to, number, most, words) {
  const width = 1 + 3 * Math.sqrt(number / most);
  if (from === to) return null;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const [nx, ny] = [-dy / length, dx / length];
  // Bent to its own side, so that the way there and the way back are two lines.
  const bend = Math.min(length * 0.13, 34);
  const middle = [(from[0] + to[0]) / 2 + nx * bend, (from[1] + to[1]) / 2 + ny * bend];
  const start = leave(from, middle);
  const end = leave(to, middle);
  const label = [0.25 * start[0] + 0.5 * middle[0] + 0.25 * end[0], 0.25 * start[1] + 0.5 * middle[1] + 0.25 * end[1]];
  return el("g", {}, svgTitle(words),
    el("path", { class: "edge", d: `M${start} Q${middle} ${end}`, "stroke-width": width }),
    tip(middle, end, width),
    el("text", { class: "count", x: label[0], y: label[1] + 4, "text-anchor": "middle" }, number.toLocaleString("en")));
}

/** Return where the line from a box's middle to a point leaves the box. */
function leave([x, y], [tx, ty]) {
  const [dx, dy] = [tx - x, ty - y];
  const share = Math.min((BOX / 2 + 3) / (Math.abs(dx) || 1e-9), (TALL / 2 + 3) / (Math.abs(dy) || 1e-9));
  return [x + dx * share, y + dy * share];
}

function tip([fx, fy], [x, y], width) {
  const length = Math.hypot(x - fx, y - fy) || 1;
  const [ux, uy] = [(x - fx) / length, (y - fy) / length];
  const [long, half] = [6 + width * 1.5, 2.5 + width * 0.8];
  const back = [x - ux * long, y - uy * long];
  return el("path", { class: "tip", d: `M${x} ${y}L${back[0] - uy * half} ${back[1] + ux * half}L${back[0] + uy * half} ${back[1] - ux * half}Z` });
}

function wordsOf(edges) {
  return `Who spoke to whom. ${edges.map(([from, to, number]) => `${from} to ${to} ${number}`).join(", ")}`;
}
