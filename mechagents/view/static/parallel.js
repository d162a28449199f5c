// Parallel coordinates: a line for every sample, an axis for every number. A stretch drawn along
// an axis selects.

import { drawn, FONT, place } from "./canvas.js";
import { number, scaleOf } from "./studydata.js";

const EDGE = { side: 46, top: 34, bottom: 26 };
const MOST = 10;
const APART = 84;

export function parallel(data, paint) {
  let held = null;
  const { canvas, again, stop } = drawn({
    class: "plot sideways", role: "img", "aria-label": "Parallel coordinates of all samples; ranges can be typed below",
    on: { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up },
  }, 260, draw);

  function axes() {
    return data.numbers.filter((column) => !column.empty).slice(0, MOST);
  }

  function frame(width, height) {
    const shown = axes();
    const tall = height - EDGE.top - EDGE.bottom;
    const apart = (width - 2 * EDGE.side) / Math.max(shown.length - 1, 1);
    const at = (index) => EDGE.side + index * apart;
    const up = (column, value) => EDGE.top + tall * (1 - (value - column.low) / (column.high - column.low));
    const value = (column, py) => column.low + (1 - (py - EDGE.top) / tall) * (column.high - column.low);
    return { shown, tall, apart, at, up, value };
  }

  function draw(context, width, height, colour) {
    const { shown, tall, apart, at, up } = frame(width, height);
    const { groups, of } = paint();
    context.lineWidth = 1;
    canvas.style.minWidth = `${shown.length * APART}px`;
    // Lines over lines add up: the more there are, the fainter each.
    const faint = Math.max(0.008, Math.min(0.12, 40 / data.rows));
    const clear = Math.max(0.02, Math.min(0.75, 80 / (data.kept.length + 1)));
    for (const chosen of data.brushed ? [0, 1] : [1]) {
      groups.forEach((group, index) => {
        context.strokeStyle = chosen ? group.colour : colour("--soft");
        context.globalAlpha = chosen ? clear : faint;
        context.beginPath();
        for (let row = 0; row < data.rows; row++) {
          if (of[row] === index && data.selected[row] === chosen) trace(context, row, shown, at, up);
        }
        context.stroke();
      });
    }
    context.globalAlpha = 1;
    if (data.opened >= 0 && data.opened < data.rows) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2.5;
      context.beginPath();
      trace(context, data.opened, shown, at, up);
      context.stroke();
    }
    context.font = FONT;
    context.textAlign = "center";
    shown.forEach((column, index) => {
      const px = Math.round(at(index)) + 0.5;
      const scale = scaleOf(Math.max(Math.abs(column.low), Math.abs(column.high)), column.unit);
      context.strokeStyle = colour("--soft");
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(px, EDGE.top);
      context.lineTo(px, EDGE.top + tall);
      context.stroke();
      context.fillStyle = colour("--ink");
      context.fillText(fitted(context, column.name, Math.min(apart - 6, 2 * Math.min(px, width - px))), px, 13);
      context.fillStyle = colour("--soft");
      context.fillText(`${number(column.high / scale.factor, 4)} ${scale.unit}`, px, 28);
      context.fillText(`${number(column.low / scale.factor, 4)} ${scale.unit}`, px, height - 8);
      const range = held?.name === column.name ? held.range : data.ranges.get(column.name);
      if (!range) return;
      const clip = (py) => Math.min(Math.max(py, EDGE.top), EDGE.top + tall);
      const [top, bottom] = [clip(up(column, range[1])), clip(up(column, range[0]))];
      context.fillStyle = context.strokeStyle = colour("--accent");
      context.globalAlpha = 0.25;
      context.fillRect(px - 7, top, 14, bottom - top);
      context.globalAlpha = 1;
      context.strokeRect(px - 7, top, 14, bottom - top);
    });
  }

  function down(event) {
    const [px, py] = place(canvas, event);
    const { shown, apart, value } = frame(canvas.clientWidth, canvas.clientHeight);
    const index = Math.round((px - EDGE.side) / apart);
    const column = shown[index];
    if (!column || event.button || Math.abs(px - EDGE.side - index * apart) > 18) return;
    held = { name: column.name, column, from: value(column, py), range: null };
    canvas.setPointerCapture(event.pointerId);
  }

  function move(event) {
    if (!held) return;
    const to = frame(canvas.clientWidth, canvas.clientHeight).value(held.column, place(canvas, event)[1]);
    held.range = [Math.min(held.from, to), Math.max(held.from, to)];
    again();
  }

  function up(event) {
    const done = held;
    held = null;
    if (!done || event.type === "pointercancel") return again();
    const wide = done.range && done.range[1] - done.range[0] > 0.01 * (done.column.high - done.column.low);
    data.range(done.name, wide ? done.range : null);
  }

  return { canvas, again, stop };
}

function trace(context, row, shown, at, up) {
  let open = false;
  for (let index = 0; index < shown.length; index++) {
    const value = shown[index].values[row];
    if (Number.isNaN(value)) {
      open = false;
      continue;
    }
    if (open) context.lineTo(at(index), up(shown[index], value));
    else context.moveTo(at(index), up(shown[index], value));
    open = true;
  }
}

function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let kept = text;
  while (kept.length > 3 && context.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
