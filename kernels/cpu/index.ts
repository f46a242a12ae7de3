/** Everything the WebAssembly module exports. Pointers are byte addresses in the imported memory, counts are
 * elements; the module keeps nothing in memory of its own. */
export { accumulate } from './accumulate';
export { deltaMinmax } from './delta_minmax';
export { demote } from './demote';
export { encode } from './encode';
export { meanDelta } from './mean_delta';
export { quantizePack } from './quantize_pack';
export { squaredError } from './squared_error';
export { unpackDequantize } from './unpack_dequantize';
export { xxh64Digest, xxh64Reset, xxh64Update } from './xxh64';
