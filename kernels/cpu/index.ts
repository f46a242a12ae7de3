/** Everything the WebAssembly module exports. Pointers are byte addresses in the imported memory, counts are
 * elements; the module keeps nothing in memory of its own. */
export { absSum } from './abs_sum';
export { accumulate } from './accumulate';
export { axpy } from './axpy';
export { compareTask } from './compare_task';
export { consensusVote } from './consensus_vote';
export { deltaEnergy } from './delta_energy';
export { deltaMinmax } from './delta_minmax';
export { demote } from './demote';
export { disjointSum } from './disjoint_sum';
export { encode } from './encode';
export { keepVoted } from './keep_voted';
export { magnitudeHistogram } from './magnitude_histogram';
export { maskBySign } from './mask_by_sign';
export { maxMagnitude } from './max_magnitude';
export { meanDelta } from './mean_delta';
export { products } from './products';
export { quantizePack } from './quantize_pack';
export { quotient } from './quotient';
export { randomDrop } from './random_drop';
export { rankDrop } from './rank_drop';
export { rowBand } from './row_band';
export { signCounts } from './sign_counts';
export { trim } from './trim';
export { unify } from './unify';
export { unpackDequantize } from './unpack_dequantize';
export { xxh64Digest, xxh64Reset, xxh64Update } from './xxh64';
