/** Codes of values: how they lie in memory, and the payloads that 8-bit ones are coded to. */
import { require } from './stages/checks.ts';

/** Bytes of `count` codes of `bits` bits, truly packed. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);

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

/** 256 frequencies that add up to FREQUENCY_SUM. */
export function checkFrequencies(frequencies: Uint16Array): void {
  require(frequencies.length === CODES, `${frequencies.length} frequencies: ${CODES} codes have one each`);
  const sum = frequencies.reduce((total, frequency) => total + frequency, 0);
  require(sum === FREQUENCY_SUM, `frequencies add up to ${sum}, not ${FREQUENCY_SUM}`);
}
