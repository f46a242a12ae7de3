/**
 * The stages around the coding of 8-bit codes: what `backend.ts` is for quantizing. Results are byte-identical on
 * every backend; no stage touches a region behind its last value.
 */
import type { Region } from './memory.ts';

/** How many values rotate may mix with each other. */
export const ORDERS = [4, 256] as const;

export type Order = (typeof ORDERS)[number];

/** Elements from which on rotate has no signs: their words are counted in 32 bits. */
export const MOST_ROTATED = 2 ** 37;

/** Values that an 8-bit code can have. */
export const CODES = 256;

/** Codes of one rANS stream; a chunk is a multiple of it. */
export const STREAM = 8192;

/** What the frequencies of a payload's codes add up to. */
export const FREQUENCY_SUM = 2 ** 14;

/** What rans_decode has to know of a payload: see entropy.ts. */
export interface PayloadHead {
  /** How many of the FREQUENCY_SUM slots each code has. */
  readonly frequencies: Uint16Array;
  /** The 16-bit word, from the payload's start, that each stream begins with, then the one that the last ends
   * before. */
  readonly offsets: Uint32Array;
}

export interface CodecStages {
  /**
   * rotate: x = S·H·S·x / √order on each block of `order` consecutive values, in place; its own inverse but for
   * rounding. H is the Hadamard matrix of that order, S a diagonal of signs. The values times their signs go through
   * butterflies of distance h = 1, 2, 4, … order/2: values i and i+h, i having no bit h, become their sum and
   * their difference a+b and a−b. Then they are multiplied by 1/√order and by their signs. Every operation (and
   * reading) is followed by `ftz`; zeros are +0. The sign of the tensor's element i is bit i mod 32 (1: negative) of
   * w = mix(⌊i/32⌋·0x9e3779b9 + 0x7f4a7c15 mod 2^32), mix being MurmurHash3's finalizer (Appleby, public domain):
   * h ^= h>>>16, h *= 0x85ebca6b, h ^= h>>>13, h *= 0xc2b2ae35, h ^= h>>>16.
   * F32 values at the start of `x`, of which x[0] is the tensor's element `index`, a multiple of `order`; `index` and
   * `count` add up to MOST_ROTATED at most. A last block of fewer than `order` values stays as it is.
   */
  rotate(x: Region, index: number, count: number, order?: Order): Promise<void>;

  /** code_counts: how often each value occurs among the `count` bytes from byte `first` (any) of `codes`. 256
   * counts. */
  codeCounts(codes: Region, first: number, count: number): Promise<Uint32Array>;

  /**
   * rans_decode: the `count` 8-bit codes of stream `firstStream` and those behind it, from byte `at` (0 unless given, a multiple of STREAM) of `codes` on; bytes
   * behind the last code, up to the next multiple of 4, are zero. The payload's word 0 is at the start of its region
   * (or elsewhere, when offsets are counted from there). Each stream but the payload's last has STREAM codes. It
   * begins with its state x (low word, then high word); then, code by code: slot = x mod 2^14, the code is the one
   * that has this slot (codes have theirs in rising order), x = frequency·⌊x/2^14⌋ + slot − the code's first slot, and
   * x = x·2^16 + the next word if x < 2^16. Words from the stream's end on are zero, so that whatever the words are,
   * nothing is read outside the stream, and count codes come out: a damaged stream makes wrong codes, on every
   * backend the same, and nothing else.
   * @throws RangeError when the frequencies do not add up, or the streams do not lie in the region, one behind the
   * other, of two words or more.
   */
  ransDecode(
    payload: Region,
    head: PayloadHead,
    codes: Region,
    firstStream: number,
    count: number,
    at?: number,
  ): Promise<void>;
}
