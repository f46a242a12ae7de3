/**
 * Positions of `keys` (finite, none negative), the largest first, equal ones in order of position. Doubles that are
 * not negative order as their bits do, so the lowest bits of each key can give way to its position; the engine's own
 * sort of plain numbers then sorts 600,000 in a tenth of the time that a sort by comparison of positions takes. Keys
 * that differ only in those bits, a relative 2⁻³² for a million keys, count as equal.
 */
export function descending(keys: Float64Array): Uint32Array {
  const { length } = keys;
  const bits = Math.ceil(Math.log2(Math.max(length, 2)));
  const mask = 2 ** bits - 1;
  const packed = keys.slice();
  const words = new Uint32Array(packed.buffer);
  for (let position = 0; position < length; position++) {
    const low = 2 * position + LOW_WORD;
    // Sorted upwards and read from the end: of equal keys the first must come last.
    words[low] = ((words[low] as number) & ~mask) | (mask - position);
  }
  packed.sort();
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    order[i] = mask - ((words[2 * (length - 1 - i) + LOW_WORD] as number) & mask);
  }
  return order;
}

/** Which 32-bit word of a double in memory holds its lowest bits. */
const LOW_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;
