/** What coding and decoding by rANS share (Duda 2013: asymmetric numeral systems, the range variant): states of 32 bits
 * in [2^16, 2^32), renormalised by words of 16 bits, probabilities of 14 bits. */

export const FREQUENCY_BITS: u32 = 14;

/** Codes of one stream. */
export const STREAM: usize = 8192;
