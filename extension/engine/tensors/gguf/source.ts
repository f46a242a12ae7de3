/** Reads tensors of GGUF files: blocks are decoded, rows put in order, and what was added is taken away. */
import { bfloats, halfFloats } from '../../../formats/floatBits.ts';
import { DTYPE_BITS, elementCount } from '../../../formats/dtype.ts';
import type { GgufSource } from '../../../formats/gguf/source.ts';
import type { ReadContext, SourceKind } from '../sourceKind.ts';
import { PIECE_VALUES, piecesOf } from './pieces.ts';
import { decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K } from './kBlocks.ts';
import {
  decodeIQ4_NL,
  decodeQ4_0,
  decodeQ4_1,
  decodeQ5_0,
  decodeQ5_1,
  decodeQ8_0,
  u16,
  type DecodeBlocks,
} from './legacyBlocks.ts';

/** Floats as F32, where something was added to them. */
const decodeF16: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let i = 0; i < blocks; i++) values[i] = half[u16(codes, 2 * i)] as number;
};
const decodeBF16: DecodeBlocks = (codes, blocks, values) => {
  values.set(bfloats(new Uint16Array(codes.buffer, codes.byteOffset, blocks)));
};
const decodeF32: DecodeBlocks = (codes, blocks, values) =>
  new Uint8Array(values.buffer, values.byteOffset).set(codes.subarray(0, 4 * blocks));

/** By type of the file. */
const DECODERS: Readonly<Record<string, DecodeBlocks>> = {
  F32: decodeF32,
  F16: decodeF16,
  BF16: decodeBF16,
  Q4_0: decodeQ4_0,
  Q4_1: decodeQ4_1,
  Q5_0: decodeQ5_0,
  Q5_1: decodeQ5_1,
  Q8_0: decodeQ8_0,
  Q2_K: decodeQ2_K,
  Q3_K: decodeQ3_K,
  Q4_K: decodeQ4_K,
  Q5_K: decodeQ5_K,
  Q6_K: decodeQ6_K,
  IQ4_NL: decodeIQ4_NL,
};

export const gguf: SourceKind<GgufSource> = {
  kind: 'gguf',
  // Values in F32, and the codes that they are decoded from.
  working: () => 2 * 4 * PIECE_VALUES,
  async read(context, source, view, begin) {
    const bytes = DTYPE_BITS[source.dtype] / 8;
    const [first, end] = [Math.floor(begin / bytes), Math.ceil((begin + view.length) / bytes)];
    const rows = { rows: source.shape[0] ?? 1, heads: source.heads, values: elementCount(source.shape) };
    for (const { stored, count, row, to } of piecesOf(rows, first, end)) {
      context.signal.throwIfAborted();
      const values = await readValues(context, source, stored, count);
      for (let taken = 0; 2 * taken * row < count; taken++)
        put(
          view,
          (to + taken * row) * bytes - begin,
          values.subarray(2 * taken * row * bytes).subarray(0, row * bytes),
        );
    }
  },
  isSame: (a, b) => a.file === b.file && a.offset === b.offset && a.heads === b.heads && a.added === b.added,
};

/** Copies the part of `bytes` that is in the view; `at` may be before its beginning. */
function put(view: Uint8Array, at: number, bytes: Uint8Array): void {
  const from = Math.max(0, -at);
  const until = Math.min(bytes.length, view.length - at);
  if (from < until) view.set(bytes.subarray(from, until), at + from);
}

/** Stored values, decoded, as bytes of the source's dtype. */
async function readValues(
  { files }: ReadContext,
  { file, type, dtype, offset, added }: GgufSource,
  stored: number,
  count: number,
): Promise<Uint8Array> {
  const firstBlock = Math.floor(stored / type.values);
  const blocks = Math.ceil((stored + count) / type.values) - firstBlock;
  const codes = new Uint8Array(blocks * type.bytes);
  await files.read(file, codes, offset + firstBlock * type.bytes);
  if (dtype === type.name && added === 0) return codes;
  const values = new Float32Array(blocks * type.values);
  const decode = DECODERS[type.name];
  if (!decode) throw new Error(`${file}: nothing decodes ${type.name}`);
  decode(codes, blocks, values);
  if (added !== 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - added;
  const skipped = stored - firstBlock * type.values;
  return new Uint8Array(values.buffer, 4 * skipped, 4 * count);
}
