/** Codes the ratios of a tensor's values to the base's, and emits the codes. */
import { Xxh64 } from '../../../../kernels/checksum.ts';
import type { Slice } from '../../../../kernels/memory.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { QuantizableDtype } from '../../../formats/dtype.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import type { ItemContext, RecordOutcome } from '../../scheduler/item.ts';
import { readFloats } from '../../tensors/floats.ts';
import { spansOf } from '../../tensors/tensorInput.ts';
import type { EncoderMemory, Encoding } from '../codec.ts';
import type { MeasuredChoices, MeasuredTensor } from '../measured.ts';
import { eachChunk, rangeOf, type Sides, type Values } from '../values.ts';
import { codeOf, valueOf, type RatioCoding } from './ratio.ts';

/** First pass to see whether every value has a code, second to emit them. @returns undefined where one has none */
export async function quantizeRatio(
  context: ItemContext,
  memory: EncoderMemory,
  encoding: Encoding<RatioCoding>,
  values: Values,
): Promise<RecordOutcome | undefined> {
  const { count, output } = encoding;
  const { dtype } = encoding.source as TensorSource;
  const tensor = { ...encoding, dtype: dtype as QuantizableDtype };
  const sums = await eachCodes(context, memory, tensor, values);
  if (!sums) return undefined;
  const hash = new Xxh64(context.kernels);
  await context.emit({ type: 'begin', output, codec: 'ratio', bytes: count });
  await eachCodes(context, memory, tensor, values, async bytes => {
    hash.update(bytes);
    await context.emit({ type: 'bytes', bytes });
  });
  return { codec: 'ratio', scales: [1, 0], checksum: hash.digest(), errors: [sums.error, sums.energy] };
}

/** Measures the one choice that there is. */
export async function measureRatio(
  context: ItemContext,
  memory: EncoderMemory,
  tensor: MeasuredTensor,
  values: Values,
  { coding }: { readonly coding: RatioCoding },
): Promise<MeasuredChoices<RatioCoding>> {
  const { output, count } = tensor;
  const { extent, energy } = await rangeOf(context, memory.x, tensor, values);
  const sums = extent.finite
    ? await eachCodes(context, memory, { ...tensor, dtype: 'F32' }, values)
    : undefined;
  const error = sums && { unbiased: sums.error, nearest: sums.error };
  const choices = error ? [{ coding, bytes: count, error }] : [];
  return { output, elements: count, energy, ...extent, choices };
}

/**
 * Goes through a tensor's codes, chunk by chunk.
 * @returns the squared error and the squared norm of its difference from the base; undefined where a value has no code
 */
async function eachCodes(
  context: ItemContext,
  { x }: EncoderMemory,
  {
    count,
    resident,
    dtype,
  }: Pick<MeasuredTensor, 'count' | 'resident'> & { readonly dtype: QuantizableDtype },
  values: Values,
  take: (codes: Uint8Array<ArrayBuffer>) => Promise<void> = async () => undefined,
): Promise<SquaredError | undefined> {
  const { backend } = context;
  const floats = async (slice: Slice, count: number): Promise<Float32Array> => {
    await backend.deltaMinmax(slice, undefined, x, count);
    return readFloats(backend, x, count);
  };
  let [error, energy, complete] = [0, 0, true];
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      if (!complete) return;
      const { tuned, reference } = (values.sides as (chunk: typeof span) => Sides)(chunk);
      const [own, base] = [await floats(tuned, chunk.count), await floats(reference, chunk.count)];
      const codes = new Uint8Array(chunk.count);
      for (const [i, value] of own.entries()) {
        const code = codeOf(value, base[i] as number, dtype);
        if (code === undefined) return void (complete = false);
        codes[i] = code;
        error += (valueOf(base[i] as number, code) - value) ** 2;
        energy += (value - (base[i] as number)) ** 2;
      }
      await take(codes);
    });
  }
  return complete ? { error, energy } : undefined;
}
