/** 8-bit codes to rANS streams. Decoded by rans_decode.ts */
import { FREQUENCY_BITS, STREAM } from '../shared/rans';

/** log2 of the bytes of a code's entry: {reciprocal: u64, frequency: u16, first slot: u16, slots of others: u32}. */
const ENTRY: usize = 4;

/** Bytes from one stream's words to the next one's: 8192 words, and two of the final state, in whole vectors. */
const NEXT: usize = 16_400;

/** Bits that a quotient is shifted by: see pushed. */
const SHIFT: u64 = 46;

// @ts-ignore: decorator
@inline
function entryOf(codes: usize, symbols: usize): usize {
  return symbols + (<usize>load<u8>(codes) << ENTRY);
}

/** 1 when a word must leave the state before the entry's code is pushed (from frequency·2^18 on), else 0. */
// @ts-ignore: decorator
@inline
function full(x: u32, entry: usize): u32 {
  return <u32>(x >>> 18 >= <u32>load<u16>(entry, 8));
}

/**
 * The state with the code of `entry` pushed: ⌊x/f⌋·2^14 + (x mod f) + first slot = x + ⌊x/f⌋·(2^14 − f) + first slot,
 * f being the frequency and x < f·2^18. With r = ⌊(2^46−1)/f⌋, ⌊x/f⌋ = ⌊(x+1)·r / 2^46⌋: e = 2^46 − r·f is 1 to f, so
 * that (x+1)·r/2^46 = (x+1)/f − (x+1)·e/(f·2^46) lies below (x+1)/f, by 1/f at most; the product is below 2^64.
 */
// @ts-ignore: decorator
@inline
function pushed(x: u32, entry: usize): u32 {
  const quotient = <u32>(((<u64>x + 1) * load<u64>(entry)) >> SHIFT);
  return x + quotient * load<u32>(entry, 12) + <u32>load<u16>(entry, 10);
}

/** Entries of the codes, from 256 u16 frequencies, in 4 KiB at `symbols`. */
function makeSymbols(frequencies: usize, symbols: usize): void {
  let first: u32 = 0;
  for (let code: usize = 0; code < 256; code++) {
    const frequency = <u32>load<u16>(frequencies + (code << 1));
    const entry = symbols + (code << ENTRY);
    store<u64>(entry, frequency == 0 ? 0 : ((<u64>1 << SHIFT) - 1) / <u64>frequency);
    store<u16>(entry, <u16>frequency, 8);
    store<u16>(entry, <u16>first, 10);
    store<u32>(entry, (1 << FREQUENCY_BITS) - frequency, 12);
    first += frequency;
  }
}

/** Codes one stream; its words end at `end`. Returns where they begin, or 0 when a code has no frequency. */
function encodeOne(codes: usize, count: usize, symbols: usize, end: usize): usize {
  let x: u32 = 0x10000;
  let at = end;
  let missing: u32 = 0;
  for (let i = codes + count; i > codes; ) {
    const entry = entryOf(--i, symbols);
    const n = full(x, entry);
    missing |= <u32>load<u16>(entry, 8) - 1;
    store<u16>(at - 2, <u16>x);
    at -= n << 1;
    x = pushed(x >>> (n << 4), entry);
  }
  at -= 4;
  store<u32>(at, x);
  return missing >>> 31 ? 0 : at;
}

/** Codes four whole streams side by side, because each code's step waits for the one before. The words of stream k end
 * at words + (k+1)·NEXT; their size in bytes goes to lengths. Returns false when a code has no frequency. */
function encodeFour(codes: usize, symbols: usize, words: usize, lengths: usize): bool {
  let x0: u32 = 0x10000;
  let x1: u32 = 0x10000;
  let x2: u32 = 0x10000;
  let x3: u32 = 0x10000;
  let at0 = words + NEXT;
  let at1 = words + 2 * NEXT;
  let at2 = words + 3 * NEXT;
  let at3 = words + 4 * NEXT;
  let missing: u32 = 0;
  for (let i = codes + STREAM; i > codes; ) {
    i--;
    const entry0 = entryOf(i, symbols);
    const entry1 = entryOf(i + STREAM, symbols);
    const entry2 = entryOf(i + 2 * STREAM, symbols);
    const entry3 = entryOf(i + 3 * STREAM, symbols);
    const n0 = full(x0, entry0);
    const n1 = full(x1, entry1);
    const n2 = full(x2, entry2);
    const n3 = full(x3, entry3);
    missing |= <u32>load<u16>(entry0, 8) - 1;
    missing |= <u32>load<u16>(entry1, 8) - 1;
    missing |= <u32>load<u16>(entry2, 8) - 1;
    missing |= <u32>load<u16>(entry3, 8) - 1;
    store<u16>(at0 - 2, <u16>x0);
    store<u16>(at1 - 2, <u16>x1);
    store<u16>(at2 - 2, <u16>x2);
    store<u16>(at3 - 2, <u16>x3);
    at0 -= n0 << 1;
    at1 -= n1 << 1;
    at2 -= n2 << 1;
    at3 -= n3 << 1;
    x0 = pushed(x0 >>> (n0 << 4), entry0);
    x1 = pushed(x1 >>> (n1 << 4), entry1);
    x2 = pushed(x2 >>> (n2 << 4), entry2);
    x3 = pushed(x3 >>> (n3 << 4), entry3);
  }
  store<u32>(at0 - 4, x0);
  store<u32>(at1 - 4, x1);
  store<u32>(at2 - 4, x2);
  store<u32>(at3 - 4, x3);
  store<u32>(lengths, words + NEXT - at0 + 4);
  store<u32>(lengths, words + 2 * NEXT - at1 + 4, 4);
  store<u32>(lengths, words + 3 * NEXT - at2 + 4, 8);
  store<u32>(lengths, words + 4 * NEXT - at3 + 4, 12);
  return !(missing >>> 31);
}

/**
 * Codes up to four streams, `count` codes at `codes`, with 256 u16 frequencies whose sum is 2^14. Stream k's words end
 * at words + 16,400·(k+1), starting with two of its final state; their sizes in bytes go to the four u32 at `lengths`.
 * `symbols`: working memory of 4 KiB. Returns 0 when a code has no frequency.
 */
export function ransEncode(
  codes: usize,
  count: usize,
  frequencies: usize,
  symbols: usize,
  words: usize,
  lengths: usize,
): bool {
  makeSymbols(frequencies, symbols);
  if (count == 4 * STREAM) return encodeFour(codes, symbols, words, lengths);
  for (let i: usize = 0; i < count; i += STREAM, lengths += 4) {
    words += NEXT;
    const at = encodeOne(codes + i, min(STREAM, count - i), symbols, words);
    if (at == 0) return false;
    store<u32>(lengths, words - at);
  }
  return true;
}
