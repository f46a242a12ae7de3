/** Codes of values: their layout in memory, and the payloads that 8-bit codes are compressed to. */
import { require } from './stages/checks.ts';

/** Bytes of `count` codes of `bits` bits, truly packed. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);

/** Values that an 8-bit code can have. */
export const CODES = 256;

/** Codes of one rANS stream; a chunk is a multiple of it. */
export const STREAM = 8192;

/** What the frequencies of a payload's codes add up to. */
export const FREQUENCY_SUM = 2 ** 14;

/** What rans_decode needs to know about a payload: see entropy.ts. */
export interface PayloadHead {
  /** How many of the FREQUENCY_SUM slots each code has. */
  readonly frequencies: Uint16Array;
  /** Where each stream begins, in 16-bit words from the payload's start; then where the last one ends. */
  readonly offsets: Uint32Array;
}

/** 256 frequencies that add up to FREQUENCY_SUM. */
export function checkFrequencies(frequencies: Uint16Array): void {
  require(frequencies.length === CODES, `${frequencies.length} frequencies: ${CODES} codes have one each`);
  const sum = frequencies.reduce((total, frequency) => total + frequency, 0);
  require(sum === FREQUENCY_SUM, `frequencies add up to ${sum}, not ${FREQUENCY_SUM}`);
}
