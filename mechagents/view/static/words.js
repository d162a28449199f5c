// Words and numbers as the pages have them.

import { el } from "./dom.js";

const STATUS = {
  running: ["at work", "busy"],
  waiting: ["waits for you", "note"],
  answered: ["answered", "good"],
  unaccepted: ["not accepted", "note"],
  failed: ["no answer", "bad"],
  stopped: ["stopped", ""],
  unknown: ["at work or stopped", "note"],
};
const LEVEL = { verified: "good", converged: "good", consistent: "note", computed: "bad", none: "bad" };

/** Return how a run or study stands as a mark. */
export function statusMark(status) {
  const [words, tone] = STATUS[status] ?? [status, ""];
  return el("span", { class: ["pill", tone], data: { status } }, words);
}

/** Return how far an answer was verified as a mark, null where there is none. */
export function levelMark(level) {
  return level ? el("span", { class: ["pill", LEVEL[level]] }, level) : null;
}

export function statusWords(status) {
  return STATUS[status]?.[0] ?? status;
}

/** Return a time as people write it: 0.3 s, 3 min 05 s, 2 h 07 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 59.95) return `${Math.max(seconds, 0).toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return `${minutes} min ${String(rest).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Return a moment in the reader's time zone. */
export function moment(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const today = new Date().toDateString() === date.toDateString();
  const clock = { hour: "2-digit", minute: "2-digit" };
  const day = { year: "numeric", month: "short", day: "numeric" };
  return date.toLocaleString(undefined, today ? clock : { ...day, ...clock });
}

export function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString(undefined, { hour12: false });
}

export function count(number, noun) {
  if (number === 1) return `1 ${noun}`;
  const many = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${number.toLocaleString("en")} ${many}`;
}

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}

export function money(cost) {
  return cost ? `${cost.toPrecision(3)} USD` : "";
}

/** Return an identifier as words: `plane_stress` becomes `plane stress`. */
export function spaced(name) {
  return String(name ?? "").replaceAll("_", " ");
}
