/** Restores one tensor of one task: base + dequantized task vector. */
import type { Region, Scope, Slice } from '../../../kernels/backend.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { DTYPE_BITS, elementCount, type Dtype, type QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext, JobReport, RecordOutcome } from '../job.ts';
import { RawTensor } from '../quantize/exact.ts';
import { chunksOf, inputBytes, spansOf, SPAN_ELEMENTS, TensorInput } from '../quantize/tensorInput.ts';
import { encodeValues } from './encode.ts';
import { SHARED_VECTOR } from '../tvq/layout.ts';
import type { TvqRecord } from '../tvq/reader.ts';
import { checkPayload, payloadSource } from './payload.ts';
import { recordReader, recordReaderBytes } from './recordReader.ts';

export interface RestoreJob {
  readonly kind: 'restore';
  readonly tensor: string;
  /** Dtype to write. */
  readonly dtype: Dtype;
  /** The .tvq file, and the task. */
  readonly file: string;
  readonly task: string;
  readonly record: TvqRecord;
  /** The shared base vector's record of this tensor, where it has codes. */
  readonly shared: TvqRecord | undefined;
  /** The base model's tensor; undefined where the record does not need it. */
  readonly base: TensorSource | undefined;
  readonly resident: boolean;
}

/** Bytes of the restored tensor. */
export const restoredBytes = ({ dtype, record }: RestoreJob): number =>
  (elementCount(record.shape) * DTYPE_BITS[dtype]) / 8;

/** Whether the bytes to write stand in a file as they are. */
const copies = ({ record, dtype }: RestoreJob): boolean =>
  (record.codec.codec === 'exact' || record.codec.codec === 'same') && record.dtype === dtype;

const spanElements = (job: RestoreJob, count: number) =>
  job.resident ? count : Math.min(count, SPAN_ELEMENTS);

/** Backend bytes that a job needs. */
export function restoreJobBytes(job: RestoreJob, chunk: number): number {
  if (copies(job)) return 0;
  const count = elementCount(job.record.shape);
  const span = spanElements(job, count);
  const base = job.base ? inputBytes(job.base.dtype as QuantizableDtype, span) : 0;
  const chunks = 3 * 4 * Math.min(chunk, span);
  const slack = 4096 * 8; // regions are rounded up to alignment
  return base + recordReaderBytes(job.record, span) + recordReaderBytes(job.shared, span) + chunks + slack;
}

/** Runs a job; its output is number 0, the report's checksum that of the base's tensor when it was read. */
export function runRestoreJob(job: RestoreJob, context: JobContext): Promise<JobReport> {
  return context.backend.scope(async memory => {
    await context.emit({ type: 'begin', output: 0, codec: 'exact', bytes: restoredBytes(job) });
    const checksum = copies(job) ? await copy(job, context) : await compute(job, context, memory);
    const outcome: RecordOutcome = {
      codec: 'exact',
      scales: [0, 0],
      checksum: job.record.checksum,
      errors: [0, 0],
    };
    await context.emit({ type: 'end', output: 0, outcome });
    return { checksums: [checksum], warnings: [] };
  });
}

async function copy(job: RestoreJob, context: JobContext): Promise<string | undefined> {
  const fromBase = job.record.codec.codec === 'same';
  const raw = new RawTensor(
    context,
    fromBase ? (job.base as TensorSource) : payloadSource(job.file, job.record),
  );
  const checksum = await raw.checksum();
  if (!fromBase) checkPayload(job.file, job.record, job.task, checksum);
  for await (const bytes of raw.pieces()) await context.emit({ type: 'bytes', bytes });
  return fromBase ? checksum : undefined;
}

async function compute(job: RestoreJob, context: JobContext, memory: Scope): Promise<string | undefined> {
  const { backend, signal } = context;
  const count = elementCount(job.record.shape);
  const span = spanElements(job, count);
  const chunkBytes = 4 * Math.min(backend.chunk, span);
  const [reference, values, encoded] = Array.from({ length: 3 }, () => memory.alloc(chunkBytes)) as [
    Region,
    Region,
    Region,
  ];
  const base =
    job.base &&
    new TensorInput(context, job.base, memory.alloc(inputBytes(job.base.dtype as QuantizableDtype, span)));
  const reader = (record: TvqRecord, vector: string) =>
    recordReader(context, memory, job.file, record, vector, span);
  const vector = job.record.codec.codec === 'same' ? undefined : reader(job.record, job.task);
  const shared = job.shared && reader(job.shared, SHARED_VECTOR);

  for (const part of spansOf(count, job.resident)) {
    await Promise.all([base?.load(part), vector?.load(part), shared?.load(part)]);
    for (const chunk of chunksOf(part, backend.chunk)) {
      signal.throwIfAborted();
      const original = base?.slice(chunk.first);
      await shared?.decode(chunk, original, reference);
      const from: Slice | undefined = shared ? { region: reference, type: 'F32', first: 0 } : original;
      if (vector) await vector.decode(chunk, from, values);
      else await backend.deltaMinmax(from as Slice, undefined, values, chunk.count);
      await context.emit({
        type: 'bytes',
        bytes: await encodeValues(context, job.dtype as QuantizableDtype, values, encoded, chunk.count),
      });
    }
  }
  shared?.check();
  vector?.check();
  return base?.checksum;
}
