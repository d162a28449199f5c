// Colour maps in which equal steps of a value look equal, also to the colour-blind.
//
// viridis and cividis: matplotlib, CC0. RdBu: ColorBrewer, Apache 2.0. Seventeen colours of each
// are enough: between them they are mixed.

export const MAPS = {
  viridis: {
    title: "Viridis",
    hex: "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
  },
  cividis: {
    title: "Cividis (made for the colour-blind)",
    hex: "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8c8878 9b9476 aba072 bcae6c cdbb63 dec958 f0d846 fee838",
  },
  signed: {
    title: "Blue to red about zero",
    hex: "053061 175290 2a71b2 3f8ec0 6bacd1 9bc9e0 c2ddec e0ecf3 f7f6f6 fbe5d8 fbccb4 f5aa89 e48066 d05548 ba2832 930e26 67001f",
  },
  grey: { title: "Grey", hex: "181818 f4f4f4" },
};

/** Return the red, green and blue of 256 colours as bytes. */
export function colourBytes(name) {
  const stops = MAPS[name].hex.split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const bytes = new Uint8Array(3 * 256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const before = Math.min(Math.floor(at), stops.length - 2);
    for (let part = 0; part < 3; part++) {
      const [a, b] = [stops[before][part], stops[before + 1][part]];
      bytes[3 * i + part] = Math.round(a + (at - before) * (b - a));
    }
  }
  return bytes;
}

/**
 * Return the map and the range that show values best, as the pictures of programs have them.
 *
 * @param range `low` and `high` of all, and `inner`, between which 99 % of them are.
 * @returns `colours`, `low`, `high`; what is beyond is shown as the end.
 */
export function automatic({ low, high, inner }) {
  if (low === null || high === null) return { colours: "viridis", low: 0, high: 1 };
  const most = Math.max(Math.abs(low), Math.abs(high), 1e-300);
  let [from, to] = [low, high];
  const within = inner[1] - inner[0];
  if (to - from > 1.5 * within && 1.5 * within > 1e-6 * most) [from, to] = inner;
  if (to - from < 1e-6 * most) [from, to] = [from - 0.01 * most, to + 0.01 * most];
  if (from < -0.05 * to && to > -0.05 * from) {
    const reach = Math.max(-from, to);
    return { colours: "signed", low: -reach, high: reach };
  }
  return { colours: "viridis", low: from, high: to };
}
