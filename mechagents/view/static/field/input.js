// Turns what mouse, touch and keyboard do into moves of the camera, and into places to read.

const DEGREES = 0.4;
const KEY_DEGREES = 7.5;
const KEY_SHARE = 0.05;
const KEY_ZOOM = 1.2;
const SLACK = 5;

/**
 * Listen on a canvas.
 *
 * @param camera The camera, which is moved.
 * @param on `moved()` after each move, `picked(x, y)` at a place from -1 to 1, `left()` on Escape.
 * @returns A function that listens no more.
 */
export function listen(canvas, camera, on) {
  const ending = new AbortController();
  const { signal } = ending;
  const fingers = new Map();
  let travelled = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      (2 * (event.clientX - box.left)) / box.width - 1,
      1 - (2 * (event.clientY - box.top)) / box.height,
    ];
  };
  const height = () => canvas.clientHeight || 1;

  function down(event) {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 1) travelled = 0;
    else travelled = Infinity;
  }

  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    travelled += Math.hypot(dx, dy);
    if (travelled <= SLACK) return;
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    fingers.set(event.pointerId, now);
    if (others.length) pinch(before, now, others[0]);
    else if (camera.flat || event.shiftKey || event.buttons & 6) camera.pan(dx / height(), -dy / height());
    else camera.rotate(dx * DEGREES, dy * DEGREES);
    on.moved();
  }

  function pinch(before, now, other) {
    const apart = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    const [x, y] = place({ clientX: middle[0], clientY: middle[1] });
    camera.zoom(apart(now) / apart(before), x, y);
    // The middle of two fingers moves half as far as the one that moves.
    camera.pan((now[0] - before[0]) / 2 / height(), (before[1] - now[1]) / 2 / height());
  }

  function up(event) {
    const known = fingers.delete(event.pointerId);
    if (known && event.type === "pointerup" && travelled <= SLACK && event.button === 0) on.picked(...place(event));
  }

  function wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    camera.zoom(Math.exp(-0.0015 * event.deltaY * lines), ...place(event));
    on.moved();
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = actions(event.shiftKey)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    on.moved();
  }

  function actions(shift) {
    const turn = (right, up) => () => {
      if (camera.flat || shift) camera.pan(-right * KEY_SHARE, -up * KEY_SHARE);
      else camera.rotate(right * KEY_DEGREES, -up * KEY_DEGREES);
    };
    const zoom = (factor) => () => camera.zoom(factor);
    return {
      ArrowLeft: turn(-1, 0), ArrowRight: turn(1, 0), ArrowUp: turn(0, 1), ArrowDown: turn(0, -1),
      "+": zoom(KEY_ZOOM), "=": zoom(KEY_ZOOM), "-": zoom(1 / KEY_ZOOM), _: zoom(1 / KEY_ZOOM),
      0: () => camera.fit(), f: () => camera.fit(),
      Enter: () => on.picked(0, 0), " ": () => on.picked(0, 0), Escape: () => on.left(),
    };
  }

  canvas.addEventListener("pointerdown", down, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  for (const event of ["pointerup", "pointercancel"]) canvas.addEventListener(event, up, { signal });
  canvas.addEventListener("wheel", wheel, { signal, passive: false });
  canvas.addEventListener("keydown", key, { signal });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  return () => ending.abort();
}
