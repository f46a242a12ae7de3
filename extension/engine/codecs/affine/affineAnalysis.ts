/** What each width of min–max codes would cost a tensor, measured. */
import { packedBytes } from '../../../../kernels/codes.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { spansOf } from '../../tensors/tensorInput.ts';
import type { EncoderMemory } from '../codec.ts';
import {
  isMeasurable,
  WIDTHS,
  type MeasuredChoice,
  type MeasuredChoices,
  type MeasuredTensor,
} from '../measured.ts';
import { eachChunk, extentOf, type Values } from '../values.ts';
import { affineOf, type AffineCoding } from './affine.ts';

/** Two passes over the values. */
export async function measureAffine(
  context: ItemContext,
  memory: EncoderMemory,
  { output, count, resident }: MeasuredTensor,
  values: Values,
): Promise<MeasuredChoices<AffineCoding>> {
  const { backend } = context;
  const extent = await extentOf(context, count, resident, values);
  const known = { output, elements: count, ...extent };
  const widths = WIDTHS.flatMap(bits => {
    const affine = extent.finite && extent.min < extent.max ? affineOf(extent, bits) : undefined;
    return affine ? [{ affine, sums: undefined as SquaredError | undefined }] : [];
  });
  for (const span of widths.length > 0 ? spansOf(count, resident) : []) {
    await eachChunk(context, span, values, async chunk => {
      await values.chunk(chunk, memory.x);
      for (const width of widths) {
        width.sums = await backend.quantizePack(
          memory.x,
          width.affine,
          memory.codes,
          0,
          chunk.count,
          width.sums,
        );
      }
    });
  }
  const energy = values.energy ?? widths[0]?.sums?.energy ?? 0;
  const choices = widths.map(({ affine: { bits }, sums }) => {
    const { error } = sums as SquaredError;
    return {
      coding: { codec: 'affine' as const, bits },
      bytes: packedBytes(count, bits),
      error: { unbiased: error, nearest: error },
    };
  });
  const measured = { ...known, energy, choices };
  return isMeasurable(measured) ? measured : { ...known, energy: 0, choices: widestOf(choices) };
}

/** Where errors cannot be weighed: the widest codes, whatever they lose. */
const widestOf = (choices: readonly MeasuredChoice<AffineCoding>[]): MeasuredChoice<AffineCoding>[] =>
  choices.slice(0, 1).map(choice => ({ ...choice, error: { unbiased: 0, nearest: 0 } }));
