/**
 * Positions of `keys` (finite, none negative), the largest first, equal ones in order of position. Non-negative doubles
 * have the same order as their bits, so each key's lowest bits can hold its position instead; the built-in sort of
 * plain numbers then sorts 600,000 in a tenth of the time of a sort that compares positions. Keys that differ only in
 * those bits, a relative 2⁻³² for a million keys, count as equal.
 */
export function descending(keys: Float64Array): Uint32Array {
  const { length } = keys;
  const bits = Math.ceil(Math.log2(Math.max(length, 2)));
  const mask = 2 ** bits - 1;
  const packed = keys.slice();
  const words = new Uint32Array(packed.buffer);
  for (let position = 0; position < length; position++) {
    const low = 2 * position + LOW_WORD;
    // Sorted in ascending order and read from the end, so the first of equal keys must come last.
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
