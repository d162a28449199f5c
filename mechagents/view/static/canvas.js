// A canvas as large as its place, sharp on any screen, drawn again when either changes.

import { el } from "./dom.js";

/** Return a canvas whose `draw(context, width, height, style)` is called when it has to be. */
export function drawn(attributes, height, draw) {
  const canvas = el("canvas", attributes);
  let waiting = false;
  function again() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const width = canvas.clientWidth;
      if (!width) return;
      const tall = typeof height === "function" ? height(width) : height;
      const sharp = window.devicePixelRatio || 1;
      canvas.width = Math.round(width * sharp);
      canvas.height = Math.round(tall * sharp);
      canvas.style.height = `${tall}px`;
      const context = canvas.getContext("2d");
      context.scale(sharp, sharp);
      draw(context, width, tall, colour);
    });
  }
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  const resized = new ResizeObserver(again);
  resized.observe(canvas);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", again);
  return { canvas, again, stop() { resized.disconnect(); dark.removeEventListener("change", again); } };
}

/** Return where a pointer is on a canvas. */
export function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

export const FONT = '12px "Source Sans 3", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif';
