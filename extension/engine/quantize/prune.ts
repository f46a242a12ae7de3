/** Magnitude pruning: the smallest values of a tensor become zero before they are quantized. */
import { narrow, type Selection } from '../merge/math/sparsify.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { floatsIn } from '../tensors/floats.ts';
import { spansOf } from '../tensors/tensorInput.ts';
import type { EncoderMemory } from '../codecs/codec.ts';
import { eachChunk, type Values } from '../codecs/values.ts';

interface PrunedTensor {
  readonly count: number;
  readonly resident: boolean;
  /** Share of the values to drop. */
  readonly share: number;
}

/**
 * Values with the ⌊share · count⌋ smallest magnitudes as zeros, keeping all equal ones at the border; unchanged if they
 * are not all finite. Three passes find the border exactly.
 */
export async function pruned(
  context: ItemContext,
  memory: EncoderMemory,
  { count, resident, share }: PrunedTensor,
  values: Values,
): Promise<Values> {
  const { backend } = context;
  let selection: Selection = { prefix: 0, rank: Math.floor(share * count) };
  if (selection.rank === 0) return values;
  for (const level of [0, 1, 2] as const) {
    let finite = true;
    let histogram: Float64Array | undefined;
    for (const span of spansOf(count, resident)) {
      await eachChunk(context, span, values, async chunk => {
        finite &&= (await values.chunk(chunk, memory.x)).finite;
        if (!finite) return;
        const found = await backend.magnitudeHistogram(memory.x, level, selection.prefix, chunk.count);
        histogram = Float64Array.from(found, (one, bin) => one + (histogram?.[bin] ?? 0));
      });
    }
    if (!finite || !histogram) return values;
    selection = narrow(selection, level, histogram);
  }
  const threshold = selection.prefix;
  return {
    ...values,
    chunk: async (chunk, out = memory.x) => {
      await values.chunk(chunk, out);
      await backend.trim(out, threshold, chunk.count);
      return backend.deltaMinmax(floatsIn(out), undefined, undefined, chunk.count);
    },
  };
}
