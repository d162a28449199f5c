// Watches a study: what it says is news is told in turn, and a connection that is lost is made again.

const RETRY_MS = 1000;
/** How often a study that nobody works on is asked about: it may be gone on with. */
const AGAIN_MS = 3000;

/**
 * Watch a study.
 *
 * `told.study` is called with its head, the newest only, and again when what it returned is done;
 * `told.state` with `live`, `lost` or `ended`. Returns a function that watches no more.
 */
export function watch(address, told) {
  let source = null;
  let timer = 0;
  let stopped = false;
  let newest = null;
  let busy = false;

  function open() {
    close();
    if (stopped) return;
    if (document.hidden) {
      timer = setTimeout(open, AGAIN_MS);
      return;
    }
    source = new EventSource(address);
    source.onopen = () => told.state?.("live");
    source.addEventListener("study", (event) => {
      newest = JSON.parse(event.data);
      next();
    });
    source.addEventListener("end", () => {
      close();
      told.state?.("ended");
      timer = setTimeout(open, AGAIN_MS);
    });
    source.onerror = () => {
      close();
      told.state?.("lost");
      timer = setTimeout(open, RETRY_MS);
    };
  }

  async function next() {
    if (busy || stopped || !newest) return;
    const head = newest;
    newest = null;
    busy = true;
    try {
      await told.study(head);
    } catch {
      newest ??= head; // the server has gone; it is asked again when it is back
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
    busy = false;
    next();
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  open();
  return () => {
    stopped = true;
    close();
  };
}
