/** What each width of packed codes would cost a tensor, measured: an analysis of codecs of fixed width. */
import type { SquaredError } from '../../../kernels/stages/quantize_pack/stage.ts';
import type { JobContext } from '../scheduler/job.ts';
import { affineOf } from '../codecs/affine/affine.ts';
import type { MeasuredChoice, TensorAnalysis } from './analysis.ts';
import { codebookOf } from '../codecs/codebook/codebook.ts';
import { CodebookValues, NO_PRODUCTS } from '../codecs/codebook/codebookValues.ts';
import { codedBytes, type CodebookCoding, type Coding } from '../codecs/coding.ts';
import { gainOf } from '../codecs/entropy/lattice.ts';
import { spansOf } from '../tensors/tensorInput.ts';
import {
  eachChunk,
  extentOf,
  type CodebookMemory,
  type EncoderMemory,
  type Values,
} from '../codecs/vectorEncoder.ts';

/** Widest first, as choices are listed. */
const WIDTHS = [8, 7, 6, 5, 4, 3, 2, 1] as const;

interface MeasuredTensor {
  readonly output: number;
  readonly count: number;
  readonly resident: boolean;
}

/** Measures min–max codes of every width; two passes over the values. */
export async function analyzeAffine(
  context: JobContext,
  memory: EncoderMemory,
  { output, count, resident }: MeasuredTensor,
  values: Values,
): Promise<TensorAnalysis> {
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
  const choices = widths.map(({ affine: { bits }, sums }): MeasuredChoice => {
    const { error } = sums as SquaredError;
    return choice({ codec: 'affine', bits }, count, { unbiased: error, nearest: error });
  });
  return { ...known, energy, choices };
}

/** Measures a codebook of every width; two passes over the values, three where it is fitted to them. */
export async function analyzeCodebook(
  context: JobContext,
  memory: CodebookMemory,
  tensor: MeasuredTensor,
  coding: CodebookCoding,
  values: Values,
): Promise<TensorAnalysis> {
  const { output, count } = tensor;
  const through = new CodebookValues(context, memory, coding, tensor, values);
  const range = await through.range();
  const { extent, energy } = range;
  const known = { output, elements: count, energy: values.energy ?? energy, ...extent };
  const unit = extent.finite && extent.min < extent.max ? through.unitOf(range) : undefined;
  if (unit === undefined) return { ...known, choices: [] };
  const histogram = coding.design === 'gaussian' ? [] : await through.histogram(unit);
  const widths = WIDTHS.map(bits => ({
    coding: { ...coding, bits },
    codebook: codebookOf(coding.design, bits, histogram),
    sums: NO_PRODUCTS,
  }));
  for (const span of through.spans()) {
    await through.each(span, unit, async chunk => {
      for (const width of widths) {
        width.sums = await through.apply(unit, width.coding.bits, width.codebook, chunk, width.sums);
      }
    });
  }
  const choices = widths.map(({ coding, sums }) => {
    const projected = { restored: sums.yy, cross: sums.xy };
    const errorOf = (reconstruction: 'unbiased' | 'nearest') =>
      gainOf(sums.xx, projected, reconstruction).error;
    return choice(coding, count, { unbiased: errorOf('unbiased'), nearest: errorOf('nearest') });
  });
  return { ...known, choices };
}

const choice = (coding: Coding, count: number, error: MeasuredChoice['error']): MeasuredChoice => ({
  coding,
  bytes: codedBytes(coding, count),
  error,
});
