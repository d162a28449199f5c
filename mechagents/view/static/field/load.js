// Asks for the fields of a run, or of a study's sample. A body of numbers is laid out as the server's wire.py says.

import { getBytes, getJson } from "../api.js";

const KEPT_BYTES = 128 * 2 ** 20;
const KINDS = { f4: Float32Array, u4: Uint32Array };

/** Return the header and, by their names, the arrays of a body. */
export function unpack(body) {
  const length = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const arrays = {};
  for (const [name, told] of Object.entries(header.arrays)) {
    const count = told.shape.reduce((product, side) => product * side, 1);
    arrays[name] = new KINDS[told.type](body, 4 + length + told.start, count);
  }
  return { ...header, ...arrays };
}

/** What was asked for last is kept, so that steps that play again are not asked for again. */
export class Loader {
  /** `base` is the address of the fields, `query` what is said with every question. */
  constructor(base, query = {}) {
    this.base = base;
    this.query = query;
    this.kept = new Map();
    this.bytes = 0;
    this.ending = new AbortController();
  }

  address(part, asked) {
    return `${this.base}/${part}?${new URLSearchParams({ ...this.query, ...asked })}`;
  }

  /** Return a part as arrays. */
  numbers(part, asked = {}, signal = null) {
    const address = this.address(part, asked);
    const held = this.kept.get(address);
    if (held) {
      this.kept.delete(address);
      this.kept.set(address, held);
      return held.answer;
    }
    const signals = [this.ending.signal, ...(signal ? [signal] : [])];
    const answer = getBytes(address, { signal: AbortSignal.any(signals) }).then((body) => {
      this.keep(address, body.byteLength);
      return unpack(body);
    });
    answer.catch(() => this.kept.delete(address));
    this.kept.set(address, { answer, bytes: 0 });
    return answer;
  }

  keep(address, bytes) {
    const held = this.kept.get(address);
    if (!held) return;
    held.bytes = bytes;
    this.bytes += bytes;
    for (const [old, { bytes: size }] of this.kept) {
      if (this.bytes <= KEPT_BYTES || old === address) break;
      this.kept.delete(old);
      this.bytes -= size;
    }
  }

  /** Return a part as JSON. */
  told(part, asked = {}) {
    return getJson(this.address(part, asked), { signal: this.ending.signal });
  }

  end() {
    this.ending.abort();
    this.kept.clear();
  }
}

/** Return what fields there are at an address. */
export function describe(base, query = {}) {
  return getJson(`${base}?${new URLSearchParams(query)}`);
}
