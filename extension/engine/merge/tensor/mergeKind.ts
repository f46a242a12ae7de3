/** Merges one tensor of all inputs. */
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { elementCount, type QuantizableDtype } from '../../../formats/dtype.ts';
import type { JobContext } from '../../scheduler/job.ts';
import { NonFinite } from '../../tensors/notNumbers.ts';
import { RawTensor } from '../../tensors/rawTensor.ts';
import { isSameSource } from '../../tensors/sourceKinds.ts';
import { checkStored } from '../../codecs/payload.ts';
import { inputBytes } from '../../tensors/tensorInput.ts';
import { commonSource, withCommon } from './common.ts';
import { mayTakeNonFinite } from './finite.ts';
import { inputTensorBytes } from '../../tensors/inputTensor.ts';
import {
  exactOf,
  mergeSources,
  rowLengthOf,
  spansOfJob,
  toleranceOf,
  WORKING_REGIONS,
  type MergeJob,
  type MergeJobReport,
} from './mergeJob.ts';
import { runTensor, WRITTEN } from './mergeRun.ts';
import { isLongRow, longest } from '../../tensors/windows.ts';
import type { JobKind } from '../../scheduler/jobKind.ts';

function memoryOf(job: MergeJob, chunk: number): number {
  if (job.way.kind === 'copy') return 0;
  const compared = exactOf(job);
  const exact = compared ? memoryOf(compared, chunk) : 0;
  const { span, window } = longest(spansOfJob(job, chunk));
  const base = job.base ? inputBytes(job.base.dtype as QuantizableDtype, span) : 0;
  const inputs = job.inputs.reduce((sum, input) => sum + inputTensorBytes(input, span), 0);
  // Methods on whole tensors keep all inputs and the result as plain arrays; they count like backend memory.
  const whole =
    job.way.kind === 'values' ? (job.inputs.length + 1) * elementCount(job.shape) + job.way.workingValues : 0;
  // Spans with rows longer than a window are put together in plain arrays, a row at a time in backend memory.
  const rowLength = rowLengthOf(job);
  const rows = isLongRow(rowLength, chunk) ? job.inputs.length * span + rowLength : 0;
  const slack = 4096 * (2 * job.inputs.length + WORKING_REGIONS + 4);
  return (
    exact + base + inputs + 4 * window * (job.inputs.length + WORKING_REGIONS) + 4 * (whole + rows) + slack
  );
}

export const mergeKind: JobKind<MergeJob, MergeJobReport> = {
  kind: 'merge',
  sources: mergeSources,
  memory: memoryOf,
  run,
};

/**
 * A tensor with NaN or infinity is begun anew, once it is known whether all models have the same.
 * @throws UserError when it would have to be computed with, and may not
 */
async function run(job: MergeJob, context: JobContext): Promise<MergeJobReport> {
  if (job.way.kind === 'copy') return copyTensor(job, context);
  try {
    return await mergeTensor(job, context);
  } catch (error) {
    if (!(error instanceof NonFinite)) throw error;
    const common = await commonSource(job, context);
    if (common) return copyCommon(withCommon(job, common), context);
    if (!mayTakeNonFinite(toleranceOf(job))) throw error;
    const exact = job.exact && { ...job.exact, takesNonFinite: true };
    return mergeTensor({ ...job, takesNonFinite: true, exact }, context);
  }
}

const mergeTensor = (job: MergeJob, context: JobContext): Promise<MergeJobReport> =>
  context.backend.scope(memory => runTensor(job, context, memory));

async function copyCommon(job: MergeJob, context: JobContext): Promise<MergeJobReport> {
  const { checksums, findings } = await (job.way.kind === 'copy' ? copyTensor : mergeTensor)(job, context);
  // Written in another dtype it was read as if it were an input's, without the base.
  const own = job.way.kind === 'copy' ? checksums : [];
  return { checksums: own, warnings: [], findings: { ...findings, copied: true } };
}

async function copyTensor(job: MergeJob, context: JobContext): Promise<MergeJobReport> {
  if (job.measure || job.way.kind !== 'copy') return { checksums: [], warnings: [] };
  const { source, beside } = job.way;
  const opened = (sources: readonly (TensorSource | undefined)[]) =>
    sources.map(found => (found ? new RawTensor(context, found) : undefined));
  const hashed = (read: readonly (RawTensor | undefined)[]) =>
    Promise.all(read.map(async tensor => tensor?.checksum()));
  const copied = new RawTensor(context, source);
  const ofBase = job.base && (isSameSource(job.base, source) ? copied : new RawTensor(context, job.base));
  const found = await hashed(opened(beside));
  for (const [i, other] of beside.entries()) if (other) checkStored(other, found[i]);
  // A tensor of a .tvq file is checked before it is written; only a large one is read once more.
  if (source.stored) checkStored(source, await copied.checksum());
  const originals = await hashed(opened(job.exact?.way.kind === 'copy' ? job.exact.way.beside : []));
  for (let output = 0; output < job.outputs; output++) {
    await context.emit({ type: 'begin', output, codec: 'exact', bytes: source.bytes });
    for await (const bytes of copied.pieces()) await context.emit({ type: 'bytes', bytes: bytes.slice() });
    await context.emit({ type: 'end', output, outcome: WRITTEN });
  }
  const own = await copied.checksum();
  const differs = beside.some((other, i) => other?.dtype === source.dtype && found[i] !== own);
  return { checksums: [await ofBase?.checksum(), ...found], warnings: [], findings: { originals, differs } };
}
