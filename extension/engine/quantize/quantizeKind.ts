import { elementCount, type QuantizableDtype } from '../../formats/dtype.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { JobKind } from '../scheduler/jobKind.ts';
import { inputBytes, SPAN_ELEMENTS } from '../tensors/tensorInput.ts';
import { AnalyzeRun } from './analyzeRun.ts';
import { inMemory, inputRegions, isQuantized, widestCodes, type QuantizeJob } from './job.ts';
import { codecOf } from '../codecs/registry.ts';
import { encoderRegions } from './jobInputs.ts';
import { QuantizeRun } from './quantizeRun.ts';
import { SharedVector } from './sharedVector.ts';
import type { QuantizeReport } from './quantizeReport.ts';

/** Emits begin/bytes/end for each output in order, unless it only measures. */
export const quantizeKind: JobKind<QuantizeJob, QuantizeReport> = {
  kind: 'quantize',
  sources: ({ base, identified, tasks }) => [base ?? identified, ...tasks.map(({ source }) => source)],
  memory: memoryOf,
  run: (job, context) =>
    context.backend.scope(memory => {
      const { analyze } = job;
      return analyze
        ? new AnalyzeRun(job, context, memory).run(analyze)
        : QuantizeRun.run(job, context, memory);
    }),
};

function memoryOf(job: QuantizeJob, chunk: number): number {
  const quantized = job.tasks.filter(isQuantized);
  const [first] = quantized;
  if (!first) return 0;
  const count = elementCount(first.source.shape);
  const span = job.resident ? count : Math.min(count, SPAN_ELEMENTS);
  const slack = 4096; // regions are rounded up to alignment
  const bytesOf = ({ dtype }: TensorSource): number => inputBytes(dtype as QuantizableDtype, span);
  const tunedBytes = Math.max(...inMemory(job).map(({ source }) => bytesOf(source as TensorSource)));
  const bits = widestCodes(job);
  const codings = [...(job.shared ? [job.shared] : []), ...quantized.map(({ coding }) => coding)];
  const payload = Math.max(...codings.map(coding => codecOf(coding).collected(coding)));
  return (
    (job.base ? bytesOf(job.base) : 0) +
    inputRegions(job) * tunedBytes +
    encoderRegions(job, chunk, span).reduce((sum, bytes) => sum + bytes, 0) +
    // Collected in pieces, then joined.
    2 * payload +
    (job.shared ? SharedVector.bytes(count, span, bits, chunk) : 0) +
    slack * (quantized.length + 8)
  );
}
