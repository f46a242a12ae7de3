/** Stage magnitude_histogram: one level of a radix select over magnitudes. Twin: magnitude_histogram.wgsl */
import { binCount, clearBins, countKeys, gatherKeys, makeTable } from '../../shared/radix';

/** Values gathered before they are counted: few enough to stay in the first-level cache. */
const BLOCK: usize = 1024;

/** The bins of level 0 that have an exponent of 0. */
const FLUSHED_BINS: usize = 8;

/**
 * Counts each value of bits [shift, shift + bits) of the magnitude keys, among keys whose higher bits equal `prefix`;
 * 2^bits u32 at `counts`. `work`: memory of radix.ts; `gathered`: room for 1028 keys. Up to 12 bytes past the values
 * are read.
 */
export function magnitudeHistogram(
  x: usize,
  shift: i32,
  bits: i32,
  prefix: i32,
  count: usize,
  counts: usize,
  work: usize,
  gathered: usize,
): void {
  const bins: usize = 1 << bits;
  const above = shift + bits;
  clearBins(bins, work);
  if (above == 31) {
    countKeys(x, count, shift, bits, work);
  } else {
    makeTable(work);
    for (let i: usize = 0; i < count; i += BLOCK) {
      const found = gatherKeys(x + (i << 2), min(BLOCK, count - i), above, prefix, work, gathered);
      countKeys(gathered, found, shift, bits, work);
    }
  }
  for (let bin: usize = 0; bin < bins; bin++) store<u32>(counts + (bin << 2), binCount(bin, work));
  if (above < 31) return;
  // Flushed values are zero.
  for (let bin: usize = 1; bin < FLUSHED_BINS; bin++) {
    store<u32>(counts, load<u32>(counts) + load<u32>(counts + (bin << 2)));
    store<u32>(counts + (bin << 2), 0);
  }
}
