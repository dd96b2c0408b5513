/** Choices that only the seed decides. Each actor has its own stream, so that timing does not affect choices. */
export function createRandom(seed) {
  let state = hash(String(seed));
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (n) => Math.floor(next() * n);
  return {
    next,
    /** An integer below `n`. */
    int,
    between: (low, high) => low + int(high - low + 1),
    chance: (p) => next() < p,
    pick: (list) => list[int(list.length)],
    /** One key of an object whose values are weights. */
    weighted(weights) {
      let left = next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
      for (const [key, weight] of Object.entries(weights)) {
        left -= weight;
        if (left < 0) return key;
      }
      return Object.keys(weights)[0];
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  };
}

function hash(text) {
  let h = 2_166_136_261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16_777_619);
  return h >>> 0;
}
