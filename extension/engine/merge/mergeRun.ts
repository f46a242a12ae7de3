/** Merges one tensor: window by window into the output, with the numbers of the report taken on the way. */
import type { Region, Scope } from '../../../kernels/backend.ts';
import { DTYPE_BITS, elementCount, type QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext, JobReport, RecordOutcome } from '../job.ts';
import type { TensorInput } from '../quantize/tensorInput.ts';
import { encodeValues } from '../restore/encode.ts';
import { combineLinear, combineSelective } from './combine.ts';
import { coefficientsOf, measureModel, mergedValues, thinningOf } from './measure.ts';
import type { MergeFindings, MergeJob, TensorStats } from './mergeJob.ts';
import { Passes } from './passes.ts';
import { StatsSum } from './stats.ts';
import type { Window } from './windows.ts';

/** Outcome of a tensor that is written as plain bytes. */
export const WRITTEN: RecordOutcome = { codec: 'exact', scales: [0, 0], checksum: '', errors: [0, 0] };

/** Measures or merges, whichever the job asks for. */
export async function runTensor(job: MergeJob, context: JobContext, memory: Scope): Promise<JobReport> {
  const passes = new Passes(job, context, memory);
  const findings: MergeFindings = job.measure
    ? await measureModel(passes, job.measure)
    : { stats: await merge(passes) };
  return { checksums: passes.finish(), warnings: [], findings };
}

async function merge(passes: Passes): Promise<TensorStats> {
  const { job, context, memory, weights } = passes;
  const { backend } = context;
  const { way } = job;
  const { xs, merged, a, b } = memory;
  const coefficients = await coefficientsOf(passes);
  const whole = await mergedValues(passes);
  const thinning = await thinningOf(passes);
  const thins = way.kind === 'selective' && way.sparsify !== 'none';
  const stats = new StatsSum(xs.length);
  const bytes = (elementCount(job.shape) * DTYPE_BITS[job.dtype]) / 8;

  // A model a task (emr) means going through the tensor once for each: outputs are written one after the other.
  for (let output = 0; output < job.outputs; output++) {
    await context.emit({ type: 'begin', output, codec: 'exact', bytes });
    await passes.windows(async (window, span) => {
      const { count } = window;
      await passes.thin(window, span, thinning);
      if (coefficients) await combineLinear(backend, xs, coefficients, merged, count);
      else if (whole) await place(passes, whole, span.first + window.first, count);
      else await combineSelective(backend, job, memory, weights, count);
      const masked = way.kind === 'selective' && way.combine === 'emr';
      if (masked) await backend.maskBySign(xs[output] as Region, merged, b, count);
      const scale = masked && way.rescalers ? (way.rescalers[output] as number) : job.scale;
      await context.emit({ type: 'bytes', bytes: await encode(passes, window, masked ? b : merged, scale) });
      if (output > 0) return;
      await stats.add(backend, merged, b, count, async i => {
        if (!thins) return xs[i] as Region;
        await passes.values(i, window, a);
        return a;
      });
    });
    await context.emit({ type: 'end', output, outcome: WRITTEN });
  }
  return stats.result();
}

/** Puts merged values into the window's region. */
function place({ context, memory }: Passes, values: Float32Array, first: number, count: number) {
  return context.backend.write(memory.merged, 0, 4 * count, async view => {
    view.set(new Uint8Array(values.buffer, values.byteOffset + 4 * first, 4 * count));
  });
}

/** base + scale·vector, or the values themselves where whole models are merged, in the dtype that is written. */
async function encode(
  { job, context, base, memory }: Passes,
  { first, skip, count }: Window,
  vector: Region,
  scale: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { decoding, encoded } = memory;
  let values = vector;
  if (job.wanted === 'vectors') {
    await context.backend.deltaMinmax((base as TensorInput).slice(first), undefined, decoding, count);
    await context.backend.axpy(decoding, vector, scale, false, count);
    values = decoding;
  }
  const bytes = await encodeValues(context, job.dtype as QuantizableDtype, values, encoded, count);
  return skip === 0 ? bytes : bytes.slice((skip * DTYPE_BITS[job.dtype]) / 8);
}
