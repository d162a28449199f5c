// Follows a run's messages as they are logged: none is lost and none comes twice, whatever
// becomes of the connection or the server meanwhile.

import { path } from "./api.js";

const RETRY_MS = 1000;

/**
 * Follow a run.
 *
 * `from` is the number of the last message that is known. `told.messages` is called with the
 * messages that came, many at a time; `told.ended` when the run is no longer at work;
 * `told.state` with `live`, `lost` or `ended`.
 */
export function follow(run, from, told) {
  let last = from;
  let source = null;
  let timer = null;
  let stopped = false;
  let waiting = [];
  let frame = 0;

  function open() {
    if (stopped) return;
    close();
    source = new EventSource(`${path("api", "runs", run, "events")}?told&after=${last}`);
    source.onopen = () => told.state?.("live");
    source.onmessage = (event) => take(Number(event.lastEventId), event.data);
    source.addEventListener("end", () => {
      close();
      flush();
      told.state?.("ended");
      told.ended?.();
    });
    source.onerror = () => {
      close();
      told.state?.("lost");
      timer = setTimeout(open, RETRY_MS);
    };
  }

  function take(seq, data) {
    if (seq <= last) return;
    last = seq;
    waiting.push(JSON.parse(data));
    frame ||= requestAnimationFrame(flush);
  }

  function flush() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!waiting.length || stopped) return;
    const came = waiting;
    waiting = [];
    told.messages(came);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // In a tab that is not shown no frame is drawn; what came is handed on all the same.
  const ticking = setInterval(flush, 1000);
  open();
  return {
    again: open,
    stop() {
      stopped = true;
      clearInterval(ticking);
      cancelAnimationFrame(frame);
      close();
    },
  };
}
