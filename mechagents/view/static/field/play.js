// Plays modes, which swing, and steps, which follow each other.

const SWING = 2000;
const THROUGH = 8000;

export class Player {
  /**
   * @param on `swing(phase)` from -1 to 1, or `show(step)`, which may return a promise: the next
   *   step waits for it.
   */
  constructor(on) {
    this.on = on;
    this.frame = 0;
  }

  get playing() {
    return this.frame !== 0;
  }

  /** Swing to and fro. */
  swing() {
    const begun = performance.now();
    const next = (now) => {
      this.on.swing(Math.sin((2 * Math.PI * (now - begun)) / SWING));
      this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  /** Go through steps from one to the last, and again; steps are left out where there are many. */
  through(steps, from) {
    const pace = Math.max(THROUGH / steps.length, 40);
    let begun = performance.now() - pace * Math.max(0, steps.indexOf(from));
    let shown = from;
    const next = async (now) => {
      const mine = this.frame;
      const step = steps[Math.floor((now - begun) / pace) % steps.length];
      if (step !== shown) {
        shown = step;
        const asked = performance.now();
        await this.on.show(step);
        begun += Math.max(0, performance.now() - asked - pace); // what was waited for is not skipped
      }
      if (this.frame === mine) this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}
