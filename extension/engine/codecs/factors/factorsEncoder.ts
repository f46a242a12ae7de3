/** Stores an adapter's factors as they are. */
import { Xxh64 } from '../../../../kernels/checksum.ts';
import type { AdaptedSource } from '../../../formats/lora/deltaSource.ts';
import { factorsPayload } from '../../../formats/tvq/factorsPayload.ts';
import type { ItemContext, RecordOutcome } from '../../scheduler/item.ts';
import { RawTensor } from '../../tensors/rawTensor.ts';
import { withoutPayload, type EncoderMemory, type Encoding } from '../codec.ts';
import { rangeOf, type Values } from '../values.ts';
import type { FactorsCoding } from './factors.ts';

/** One pass over the values, for what they are compared by. @returns undefined for NaN and infinity */
export async function storeFactors(
  context: ItemContext,
  memory: EncoderMemory,
  encoding: Encoding<FactorsCoding>,
  values: Values,
): Promise<RecordOutcome | undefined> {
  const { extent, energy } = await rangeOf(context, memory.x, encoding, values);
  if (!extent.finite) return undefined;
  if (extent.min === 0 && extent.max === 0) return withoutPayload('constant');
  const { head, matrices, bytes } = factorsPayload((encoding.source as AdaptedSource).deltas);
  const hash = new Xxh64(context.kernels);
  const emit = async (piece: Uint8Array<ArrayBuffer>) => {
    hash.update(piece);
    await context.emit({ type: 'bytes', bytes: piece });
  };
  await context.emit({ type: 'begin', output: encoding.output, codec: 'factors', bytes });
  await emit(head);
  for (const matrix of matrices)
    for await (const piece of new RawTensor(context, matrix).pieces()) await emit(piece);
  return { codec: 'factors', scales: [1, 0], checksum: hash.digest(), errors: [0, energy] };
}
