/** Merges one tensor of all inputs. */
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { checkStored } from '../../codecs/payload.ts';
import type { JobContext } from '../../scheduler/job.ts';
import type { JobKind } from '../../scheduler/jobKind.ts';
import { NonFinite } from '../../tensors/notNumbers.ts';
import { RawTensor } from '../../tensors/rawTensor.ts';
import { isSameSource } from '../../tensors/sourceKinds.ts';
import { commonSource, withCommon } from './common.ts';
import { mayTakeNonFinite } from './finite.ts';
import { exactOf, mergeSources, toleranceOf, type MergeJob, type MergeJobReport } from './mergeJob.ts';
import { runTensor, WRITTEN } from './mergeRun.ts';
import { Passes } from './passes.ts';
import { passMemory } from './passMemory.ts';

export const mergeKind: JobKind<MergeJob, MergeJobReport> = {
  kind: 'merge',
  sources: mergeSources,
  allocate(job, memory, chunk) {
    if (job.way.kind === 'copy') return context => copyTensor(job, context);
    const passes = (of: MergeJob) => {
      const held = passMemory(of, memory, chunk);
      return (context: JobContext) => new Passes(of, context, held);
    };
    const own = passes(job);
    const compared = job.measure ? undefined : exactOf(job);
    const exact = compared && passes(compared);
    return context => runTensor(own(context), exact?.(context));
  },
  instead,
};

/**
 * A tensor with NaN or infinity is begun anew, once it is known whether all models have the same. Otherwise it fails
 * where it would have to be computed with, and may not.
 */
async function instead(job: MergeJob, error: unknown, context: JobContext): Promise<MergeJob | undefined> {
  if (!(error instanceof NonFinite)) return undefined;
  const common = await commonSource(job, context);
  if (common) return withCommon(job, common);
  if (!mayTakeNonFinite(toleranceOf(job))) return undefined;
  return { ...job, takesNonFinite: true, exact: job.exact && { ...job.exact, takesNonFinite: true } };
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
  const findings = { originals, differs, ...(job.common && { copied: true }) };
  return { checksums: [await ofBase?.checksum(), ...found], warnings: [], findings };
}
