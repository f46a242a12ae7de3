/** Merges one tensor: window by window into the output, with the numbers of the report taken on the way. */
import type { Region } from '../../../../kernels/memory.ts';
import type { NotNumbers } from '../../../../kernels/stages/encode/stage.ts';
import { DTYPE_BITS, type QuantizableDtype } from '../../../formats/dtype.ts';
import type { RecordOutcome } from '../../scheduler/item.ts';
import { countOf, NONE, plus, refused } from '../../tensors/notNumbers.ts';
import { encodeValues, type EncodedValues } from '../../tensors/encode.ts';
import { writtenBytes, writtenType, type Coder } from '../../output/coding.ts';
import { measureModel } from './measure.ts';
import { Merging } from './merging.ts';
import type { MergeFindings, MergeItemReport } from './mergeItem.ts';
import type { Passes } from './passes.ts';
import { StatsSum } from '../math/stats.ts';
import type { Window } from '../../tensors/windows.ts';

/** Outcome of a tensor that is written as plain bytes. */
export const WRITTEN: RecordOutcome = { codec: 'exact', scales: [0, 0], checksum: '', errors: [0, 0] };

/** Measures or merges, whichever the item asks for. @param compared passes of the same merge in full precision */
export async function runTensor(passes: Passes, compared: Passes | undefined): Promise<MergeItemReport> {
  const { item } = passes;
  const found = item.measure ? await measureModel(passes, item.measure) : await merge(passes, compared);
  const [, ...originals] = compared?.finish() ?? [];
  const checksums = passes.finish();
  const findings = { ...found, originals, ...(item.common && { copied: true }) };
  // What is common to all is read as if it were an input's, without the base.
  return { checksums: item.common ? [] : checksums, warnings: [], findings };
}

/**
 * Writes the tensor and measures it; without a base for deltas there are no `stats`.
 * @throws UserError if values become NaN or infinite and may not
 */
async function merge(passes: Passes, compared: Passes | undefined): Promise<MergeFindings> {
  const { item, context, memory } = passes;
  const merging = await Merging.prepare(passes);
  const exact = compared && (await Merging.prepare(compared));
  const stats = item.base && new StatsSum(passes);
  const bytes = writtenBytes(item);

  let written = NONE;
  // A tensor that will be refused is not finished, as a later run could reuse what is complete.
  const isFine = () =>
    item.allowNonfinite || (item.takesNonFinite ? written.overflowed : countOf(written)) === 0;

  // One model per task (emr) needs a pass over the tensor for each: outputs are written one after another.
  for (let output = 0; output < item.outputs; output++) {
    await context.emit({ type: 'begin', output, codec: 'exact', bytes });
    const coder = passes.makeCoder();
    if (coder?.measures)
      await passes.windows(async (window, span) => {
        const vector = await merging.combine(window, span, output);
        coder.measure(await floatsOf(passes, window, vector, merging.scaleOf(output)));
      });
    await passes.windows(async (window, span) => {
      const vector = await merging.combine(window, span, output);
      await stats?.addKept(output, window);
      const scale = merging.scaleOf(output);
      const { pieces, found } = await encode(passes, window, vector, scale, coder);
      written = plus(written, found);
      if (isFine()) for (const bytes of pieces) await context.emit({ type: 'bytes', bytes });
      if (!stats || (output > 0 && !exact)) return;
      const delta = await merging.delta(window, vector, scale);
      if (exact) await stats.addDifference(delta, await exact.deltaOf(window, span, output), window);
      if (output > 0) return;
      const unified = vector !== memory.merged; // emr: the vector is the mask's part of it
      await stats.add(window, unified ? await merging.delta(window, memory.merged, item.scale) : delta);
    });
    if (!isFine()) throw refused({ ...item, dtype: writtenType(item) }, written);
    await context.emit({ type: 'end', output, outcome: WRITTEN });
  }
  return { stats: stats?.result(merging.kept), written, raised: merging.raised };
}

/** Bytes that are written, and what in them is no number. */
interface Encoded {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  readonly found: NotNumbers;
}

/** base + scale·vector, or the values themselves for whole models, as they are written. */
async function encode(
  passes: Passes,
  window: Window,
  vector: Region,
  scale: number,
  coder: Coder | undefined,
): Promise<Encoded> {
  const { dtype } = passes.item;
  if (!coder) {
    const { bytes, found } = await valuesIn(passes, window, vector, scale, dtype as QuantizableDtype);
    return { pieces: [bytes], found };
  }
  const { bytes, found } = await valuesIn(passes, window, vector, scale, 'F32');
  const before = coder.overflowed;
  const pieces = coder.code(floats(bytes));
  return { pieces, found: { ...found, overflowed: coder.overflowed - before } };
}

const floatsOf = async (...of: readonly [Passes, Window, Region, number]): Promise<Float32Array> =>
  floats((await valuesIn(...of, 'F32')).bytes);

const floats = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Float32Array =>
  new Float32Array(buffer, byteOffset, byteLength / 4);

async function valuesIn(
  passes: Passes,
  window: Window,
  vector: Region,
  scale: number,
  dtype: QuantizableDtype,
): Promise<EncodedValues> {
  const { item, context, memory } = passes;
  const { backend } = context;
  const { skip, count } = window;
  let values = vector;
  if (item.wanted === 'vectors') {
    values = await passes.decodeBase(window);
    await backend.axpy(values, vector, scale, false, count);
  }
  // Values of the previous window must not be counted twice.
  if (skip > 0) await backend.write(values, 0, 4 * skip, async view => void view.fill(0));
  const { bytes, found } = await encodeValues(context, dtype, values, memory.encoded, count);
  return { bytes: skip === 0 ? bytes : bytes.slice((skip * DTYPE_BITS[dtype]) / 8), found };
}
