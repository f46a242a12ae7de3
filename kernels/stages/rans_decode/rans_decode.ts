/** Stage rans_decode: rANS streams to 8-bit codes. Twin: rans_decode.wgsl */
import { FREQUENCY_BITS, STREAM } from '../../shared/rans';

const SLOTS: u32 = 1 << FREQUENCY_BITS;

/** Streams that are decoded side by side, because each code's step waits for the one before. */
const GROUP: usize = 4;

/** Codes of a stream between two checks of how many words are left. */
const STEP: usize = 4;

// @ts-ignore: decorator
@inline
function codeAt(x: u32, slots: usize): usize {
  return <usize>load<u8>(slots + <usize>(x & (SLOTS - 1)));
}

/** The state without its last code: frequency·⌊x/2^14⌋ + (x mod 2^14) − first slot. */
// @ts-ignore: decorator
@inline
function popped(x: u32, code: usize, entries: usize): u32 {
  const entry = load<u32>(entries + (code << 2));
  return (entry & 0xffff) * (x >>> FREQUENCY_BITS) + (x & (SLOTS - 1)) - (entry >>> 16);
}

/** 1 when the state needs a word, else 0. */
// @ts-ignore: decorator
@inline
function low(x: u32): u32 {
  return <u32>(x < 0x10000);
}

/** The state with a word when n is 1. Branch-free, because n is unpredictable. */
// @ts-ignore: decorator
@inline
function refilled(x: u32, n: u32, at: usize): u32 {
  return (x << (n << 4)) | (<u32>load<u16>(at) & (0 - n));
}

/** Writes the slots' codes, 16 KiB at `slots`, followed by each code's {frequency: u16, first slot: u16}. */
function makeTables(frequencies: usize, slots: usize): void {
  const entries = slots + SLOTS;
  let first: u32 = 0;
  for (let code: usize = 0; code < 256; code++) {
    const frequency = <u32>load<u16>(frequencies + (code << 1));
    memory.fill(slots + first, <u8>code, frequency);
    store<u32>(entries + (code << 2), frequency | (first << 16));
    first += frequency;
  }
}

/** Decodes `count` codes from state x; words are read at `at`, and are zero from `end` on. */
function decodeRest(x: u32, at: usize, end: usize, slots: usize, out: usize, count: usize): void {
  const entries = slots + SLOTS;
  for (const stop = out + count; out < stop; out++) {
    const code = codeAt(x, slots);
    store<u8>(out, <u8>code);
    x = popped(x, code, entries);
    if (x < 0x10000) {
      x <<= 16;
      if (at < end) x |= <u32>load<u16>(at);
      at += 2;
    }
  }
}

/** Address of the first word of the stream whose offset is at `offset`. */
// @ts-ignore: decorator
@inline
function wordsAt(payload: usize, offset: usize): usize {
  return payload + (<usize>load<u32>(offset) << 1);
}

/** The state that the words at `at` begin with. */
// @ts-ignore: decorator
@inline
function stateAt(at: usize): u32 {
  return load<u32>(at);
}

/** Four whole streams. */
function decodeGroup(payload: usize, offsets: usize, slots: usize, codes: usize): void {
  const entries = slots + SLOTS;
  let at0 = wordsAt(payload, offsets);
  let at1 = wordsAt(payload, offsets + 4);
  let at2 = wordsAt(payload, offsets + 8);
  let at3 = wordsAt(payload, offsets + 12);
  const end0 = at1;
  const end1 = at2;
  const end2 = at3;
  const end3 = wordsAt(payload, offsets + 16);
  let x0 = stateAt(at0);
  let x1 = stateAt(at1);
  let x2 = stateAt(at2);
  let x3 = stateAt(at3);
  at0 += 4;
  at1 += 4;
  at2 += 4;
  at3 += 4;
  let out = codes;
  const stop = codes + STREAM;
  while (out < stop) {
    // A code takes one word at most.
    if (at0 + 2 * STEP > end0 || at1 + 2 * STEP > end1) break;
    if (at2 + 2 * STEP > end2 || at3 + 2 * STEP > end3) break;
    for (let i: usize = 0; i < STEP; i++, out++) {
      const code0 = codeAt(x0, slots);
      const code1 = codeAt(x1, slots);
      const code2 = codeAt(x2, slots);
      const code3 = codeAt(x3, slots);
      store<u8>(out, <u8>code0);
      store<u8>(out, <u8>code1, STREAM);
      store<u8>(out, <u8>code2, 2 * STREAM);
      store<u8>(out, <u8>code3, 3 * STREAM);
      x0 = popped(x0, code0, entries);
      x1 = popped(x1, code1, entries);
      x2 = popped(x2, code2, entries);
      x3 = popped(x3, code3, entries);
      const n0 = low(x0);
      const n1 = low(x1);
      const n2 = low(x2);
      const n3 = low(x3);
      x0 = refilled(x0, n0, at0);
      x1 = refilled(x1, n1, at1);
      x2 = refilled(x2, n2, at2);
      x3 = refilled(x3, n3, at3);
      at0 += n0 << 1;
      at1 += n1 << 1;
      at2 += n2 << 1;
      at3 += n3 << 1;
    }
  }
  const left = stop - out;
  decodeRest(x0, at0, end0, slots, out, left);
  decodeRest(x1, at1, end1, slots, out + STREAM, left);
  decodeRest(x2, at2, end2, slots, out + 2 * STREAM, left);
  decodeRest(x3, at3, end3, slots, out + 3 * STREAM, left);
}

/**
 * Decodes `count` codes to `codes` and zeroes the bytes up to the next multiple of 4. `offsets`: u32, where each stream
 * begins in `payload`, in 16-bit words, then where the last one ends, each at least two above the one before;
 * `frequencies`: 256 u16 whose sum is 2^14; `slots`: working memory of 17 KiB.
 */
export function ransDecode(
  payload: usize,
  offsets: usize,
  frequencies: usize,
  codes: usize,
  count: usize,
  slots: usize,
): void {
  makeTables(frequencies, slots);
  let i: usize = 0;
  for (; i + GROUP * STREAM <= count; i += GROUP * STREAM, offsets += 4 * GROUP) {
    decodeGroup(payload, offsets, slots, codes + i);
  }
  for (; i < count; i += STREAM, offsets += 4) {
    const at = wordsAt(payload, offsets);
    const size = min(STREAM, count - i);
    decodeRest(stateAt(at), at + 4, wordsAt(payload, offsets + 4), slots, codes + i, size);
  }
  for (; (count & 3) != 0; count++) store<u8>(codes + count, 0);
}
