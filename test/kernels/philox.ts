/** Philox4x32-10 in plain numbers, as in its paper (Salmon et al., SC11). */

type Four = readonly [number, number, number, number];

/** Upper and lower half of the product of two 32-bit words, by parts whose products a double has exactly. */
function halves(a: number, b: number): [number, number] {
  const [upper, lower] = [Math.floor(a / 2 ** 16), a % 2 ** 16];
  const [high, low] = [upper * b, lower * b];
  const rest = (high % 2 ** 16) * 2 ** 16 + low;
  return [Math.floor(high / 2 ** 16) + Math.floor(rest / 2 ** 32), rest % 2 ** 32];
}

/** The four words of a counter under a key. */
export function philox(counter: Four, key: readonly [number, number]): Four {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = halves(0xd2511f53, a);
    const [high1, low1] = halves(0xcd9e8d57, c);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}
