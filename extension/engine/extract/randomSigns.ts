/**
 * ±1 in an order that looks random and is the same everywhere: Marsaglia's xorshift32 ("Xorshift RNGs", 2003). As test
 * vectors of a randomised decomposition signs do what Gaussian numbers do (Halko, Martinsson and Tropp, 2011, §4.6),
 * and no logarithm or cosine is rounded differently on another machine.
 * @param skip of them
 */
export function randomSigns(count: number, skip = 0): Float32Array {
  let state = (0x9e3779b9 + skip) | 1;
  return new Float32Array(count).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state < 0 ? -1 : 1;
  });
}
