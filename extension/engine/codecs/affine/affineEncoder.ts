/** Quantizes a tensor over its range and emits its codes. */
import { packedBytes } from '../../../../kernels/codes.ts';
import type { Affine, SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import { Xxh64 } from '../../../../kernels/checksum.ts';
import type { ItemContext, RecordOutcome } from '../../scheduler/item.ts';
import { spansOf } from '../../tensors/tensorInput.ts';
import { withoutPayload, type EncoderMemory, type Encoding } from '../codec.ts';
import { eachChunk, extentOf, type Values } from '../values.ts';
import { affineOf, type AffineCoding } from './affine.ts';

/** First pass for the range, second for the codes. @returns undefined for NaN, infinity, or a range too small for a scale */
export async function quantizeAffine(
  context: ItemContext,
  memory: EncoderMemory,
  encoding: Encoding<AffineCoding>,
  values: Values,
): Promise<RecordOutcome | undefined> {
  const extent = await extentOf(context, encoding.count, encoding.resident, values);
  if (!extent.finite) return undefined;
  if (extent.min === extent.max) return withoutPayload('constant', extent.min);
  const affine = affineOf(extent, encoding.coding.bits);
  return affine && emitCodes(context, memory, encoding, affine, values);
}

/** Quantizes, packs and emits the codes, measuring the squared error on the way. */
async function emitCodes(
  context: ItemContext,
  memory: EncoderMemory,
  { count, resident, whole, output }: Encoding<AffineCoding>,
  affine: Affine,
  values: Values,
): Promise<RecordOutcome> {
  const { backend } = context;
  const hash = new Xxh64(context.kernels);
  // Running sums: passed from chunk to chunk, so that they do not depend on a backend's chunk size.
  let sums: SquaredError | undefined;
  await context.emit({ type: 'begin', output, codec: 'affine', bytes: packedBytes(count, affine.bits) });
  for (const span of spansOf(count, resident)) {
    const start = whole ? span.first : 0;
    await eachChunk(context, span, values, async chunk => {
      const first = start + chunk.first;
      await values.chunk(chunk, memory.x);
      sums = await backend.quantizePack(memory.x, affine, memory.codes, first, chunk.count, sums);
    });
    const bytes = await backend.read(
      memory.codes,
      packedBytes(start, affine.bits),
      packedBytes(span.count, affine.bits),
    );
    hash.update(bytes);
    await context.emit({ type: 'bytes', bytes: bytes as Uint8Array<ArrayBuffer> });
  }
  return {
    codec: 'affine',
    scales: [affine.scale, affine.zero],
    checksum: hash.digest(),
    errors: [sums?.error ?? 0, values.energy ?? sums?.energy ?? 0],
  };
}
