// Any number over any other, with error bars. A rectangle drawn with the pointer selects; arrows
// go from sample to sample, Enter opens one.

import { drawn, FONT, place } from "./canvas.js";
import { number, quantity, scaleOf, ticks } from "./studydata.js";

const EDGE = { left: 66, right: 14, top: 12, bottom: 60 };
const STRIP = 14;
const NEAR = 14;

export function scatter(data, axes, paint, told) {
  let box = null;
  let start = null;
  let pointed = -1;
  const { canvas, again, stop } = drawn({
    class: "plot", tabindex: "0", role: "application", "aria-label": "Scatter plot: arrows go from sample to sample, Enter opens one, Escape clears the selection",
    on: { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, pointerleave: leave, keydown: keys },
  }, (width) => Math.max(300, Math.min(430, width * 0.62)), draw);

  function frame(width, height) {
    const [x, y] = [data.byName.get(axes.x), data.byName.get(axes.y)];
    const wide = width - EDGE.left - EDGE.right;
    const tall = height - EDGE.top - EDGE.bottom;
    const spare = (column) => 0.04 * (column.high - column.low);
    const across = (value) => EDGE.left + ((value - x.low + spare(x)) / (x.high - x.low + 2 * spare(x))) * wide;
    const up = (value) => EDGE.top + tall - ((value - y.low + spare(y)) / (y.high - y.low + 2 * spare(y))) * tall;
    const valueX = (px) => ((px - EDGE.left) / wide) * (x.high - x.low + 2 * spare(x)) + x.low - spare(x);
    const valueY = (py) => ((EDGE.top + tall - py) / tall) * (y.high - y.low + 2 * spare(y)) + y.low - spare(y);
    const rowY = (row) => (Number.isNaN(y.values[row]) ? EDGE.top + tall + STRIP : up(y.values[row]));
    return { x, y, wide, tall, across, up, valueX, valueY, rowY };
  }

  function draw(context, width, height, colour) {
    if (!data.byName.has(axes.x) || !data.byName.has(axes.y)) return;
    const { x, y, wide, tall, across, up, rowY } = frame(width, height);
    context.font = FONT;
    drawAxes(context, { x, y, wide, tall, across, up }, colour);
    const { groups, of } = paint();
    const size = data.rows > 3000 ? 1.6 : data.rows > 400 ? 2.4 : 3.6;
    const faint = data.brushed;
    for (const chosen of faint ? [0, 1] : [1]) {
      context.globalAlpha = chosen ? 0.9 : 0.16;
      groups.forEach((group, at) => {
        context.fillStyle = context.strokeStyle = group.colour;
        context.lineWidth = 1;
        context.beginPath();
        const bars = new Path2D();
        for (let row = 0; row < data.rows; row++) {
          if (of[row] !== at || data.selected[row] !== chosen || Number.isNaN(x.values[row])) continue;
          const [px, py] = [across(x.values[row]), rowY(row)];
          if (Number.isNaN(y.values[row])) {
            bars.moveTo(px - 3, py - 3); bars.lineTo(px + 3, py + 3); bars.moveTo(px - 3, py + 3); bars.lineTo(px + 3, py - 3);
            continue;
          }
          context.moveTo(px + size, py);
          context.arc(px, py, size, 0, 7);
          const bound = data.bound(axes.y, row);
          if (bound) {
            const [from, to] = [up(y.values[row] - bound), up(y.values[row] + bound)];
            bars.moveTo(px, from); bars.lineTo(px, to);
            bars.moveTo(px - 3, from); bars.lineTo(px + 3, from); bars.moveTo(px - 3, to); bars.lineTo(px + 3, to);
          }
        }
        context.fill();
        context.stroke(bars);
      });
    }
    context.globalAlpha = 1;
    for (const [row, colourName, radius] of [[data.opened, "--ink", 7], [pointed, "--accent", 6]]) {
      if (row < 0 || row >= data.rows || Number.isNaN(x.values[row])) continue;
      context.strokeStyle = colour(colourName);
      context.lineWidth = 2;
      context.beginPath();
      context.arc(across(x.values[row]), rowY(row), radius, 0, 7);
      context.stroke();
    }
    const ranged = box ?? kept(across, up, tall, wide);
    if (ranged) {
      const [left, top, right, bottom] = ranged;
      context.fillStyle = context.strokeStyle = colour("--accent");
      context.globalAlpha = 0.1;
      context.fillRect(left, top, right - left, bottom - top);
      context.globalAlpha = 0.9;
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top);
      context.globalAlpha = 1;
    }
  }

  /** Return the rectangle of the ranges on both axes, null where there is none. */
  function kept(across, up, tall, wide) {
    const [x, y] = [data.ranges.get(axes.x), data.ranges.get(axes.y)];
    if (!x && !y) return null;
    const clipX = (px) => Math.min(Math.max(px, EDGE.left), EDGE.left + wide);
    const clipY = (py) => Math.min(Math.max(py, EDGE.top), EDGE.top + tall);
    return [x ? clipX(across(x[0])) : EDGE.left, y ? clipY(up(y[1])) : EDGE.top,
      x ? clipX(across(x[1])) : EDGE.left + wide, y ? clipY(up(y[0])) : EDGE.top + tall];
  }

  function down(event) {
    if (event.button) return;
    start = place(canvas, event);
    canvas.setPointerCapture(event.pointerId);
  }

  function move(event) {
    const at = place(canvas, event);
    if (start && (box || Math.hypot(at[0] - start[0], at[1] - start[1]) > 4)) {
      box = [Math.min(start[0], at[0]), Math.min(start[1], at[1]), Math.max(start[0], at[0]), Math.max(start[1], at[1])];
      again();
      return;
    }
    point(nearest(at));
  }

  function up(event) {
    if (!start) return;
    const drawnBox = box;
    start = box = null;
    if (event.type === "pointercancel") return again();
    if (drawnBox) {
      const { valueX, valueY } = frame(canvas.clientWidth, canvas.clientHeight);
      data.ranges.set(axes.x, [valueX(drawnBox[0]), valueX(drawnBox[2])]);
      data.range(axes.y, [valueY(drawnBox[3]), valueY(drawnBox[1])]);
      return;
    }
    const row = nearest(place(canvas, event));
    if (row >= 0) data.open(row);
  }

  function leave() {
    if (!start) point(-1);
  }

  function nearest([px, py]) {
    const { x, across, rowY } = frame(canvas.clientWidth, canvas.clientHeight);
    let [best, least] = [-1, NEAR];
    for (const row of data.kept) {
      const far = Math.hypot(across(x.values[row]) - px, rowY(row) - py);
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  function point(row) {
    if (row === pointed) return;
    pointed = row;
    told(row < 0 ? "" : words(row));
    again();
  }

  function words(row) {
    const [x, y] = [data.byName.get(axes.x), data.byName.get(axes.y)];
    const found = Number.isNaN(y.values[row])
      ? data.text("reason", row) ?? "no value"
      : `${y.name} = ${quantity(y.values[row], y.unit, data.bound(axes.y, row))}`;
    return `Sample ${number(data.text("sample", row))}: ${x.name} = ${quantity(x.values[row], x.unit)}, ${found} (${data.text("status", row)})`;
  }

  function keys(event) {
    if (event.key === "Escape") return data.clear();
    if (event.key === "Enter" && pointed >= 0) return data.open(pointed);
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step || !data.kept.length) return;
    event.preventDefault();
    const values = data.byName.get(axes.x).values;
    const order = [...data.kept].sort((a, b) => values[a] - values[b]);
    const at = order.indexOf(pointed);
    point(order[at < 0 ? 0 : Math.min(Math.max(at + step, 0), order.length - 1)]);
  }

  return { canvas, again, stop };
}

function drawAxes(context, { x, y, wide, tall, across, up }, colour) {
  const [sx, sy] = [scaleOf(Math.max(Math.abs(x.low), Math.abs(x.high)), x.unit), scaleOf(Math.max(Math.abs(y.low), Math.abs(y.high)), y.unit)];
  context.lineWidth = 1;
  context.strokeStyle = colour("--line");
  context.fillStyle = colour("--soft");
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const at of ticks(x.low / sx.factor, x.high / sx.factor, Math.max(2, wide / 90))) {
    const px = Math.round(across(at * sx.factor)) + 0.5;
    line(context, px, EDGE.top, px, EDGE.top + tall);
    context.fillText(number(at, 6), px, EDGE.top + tall + STRIP + 8);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const at of ticks(y.low / sy.factor, y.high / sy.factor, Math.max(2, tall / 55))) {
    const py = Math.round(up(at * sy.factor)) + 0.5;
    line(context, EDGE.left, py, EDGE.left + wide, py);
    context.fillText(number(at, 6), EDGE.left - 7, py);
  }
  context.fillStyle = colour("--ink");
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(label(x.name, sx.unit), EDGE.left + wide / 2, EDGE.top + tall + EDGE.bottom - 8);
  context.save();
  context.translate(13, EDGE.top + tall / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(label(y.name, sy.unit), 0, 0);
  context.restore();
}

export function label(name, unit) {
  return unit ? `${name} [${unit}]` : name;
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
