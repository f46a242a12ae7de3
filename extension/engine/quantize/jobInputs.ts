/** What one tensor's job works with: the checkpoints' tensors on their way through backend memory, and scratch. */
import type { Region, Scope } from '../../../kernels/memory.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount, type QuantizableDtype } from '../../formats/dtype.ts';
import type { JobContext } from '../scheduler/job.ts';
import {
  inMemory,
  inputRegions,
  isQuantized,
  widestCodes,
  type QuantizeJob,
  type TaskTensor,
} from './job.ts';
import { pruned } from './prune.ts';
import { SharedVector } from './sharedVector.ts';
import { inputBytes, SPAN_ELEMENTS, TensorInput } from '../tensors/tensorInput.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import type { EncoderMemory } from '../codecs/codec.ts';
import { codecOf } from '../codecs/registry.ts';
import type { Values } from '../codecs/values.ts';

/** Bytes of an encoder's regions: one chunk of values, one span of codes, and what any of the codecs needs besides. */
export function encoderRegions(job: QuantizeJob, chunk: number, span: number): readonly number[] {
  const extra: number[] = [];
  for (const { coding } of job.tasks.filter(isQuantized)) {
    for (const [i, bytes] of codecOf(coding).extra(chunk, span).entries())
      extra[i] = Math.max(extra[i] ?? 0, bytes);
  }
  return [4 * Math.min(chunk, span), packedBytes(span, widestCodes(job)) + 4, ...extra];
}

export class JobInputs {
  readonly count: number;
  readonly base: TensorInput | undefined;
  readonly scratch: EncoderMemory;
  readonly #tasks: readonly TaskTensor[];
  readonly #tuned: readonly TensorInput[];
  readonly #shared: SharedVector | undefined;

  constructor(
    private readonly job: QuantizeJob,
    private readonly context: JobContext,
    memory: Scope,
  ) {
    const { chunk } = context.backend;
    this.#tasks = inMemory(job);
    const sources = this.#tasks.map(({ source }) => source as TensorSource);
    this.count = elementCount((sources[0] as TensorSource).shape);
    const span = job.resident ? this.count : Math.min(this.count, SPAN_ELEMENTS);
    const bytesOf = ({ dtype }: TensorSource): number => inputBytes(dtype as QuantizableDtype, span);
    this.base = job.base && new TensorInput(context, job.base, memory.alloc(bytesOf(job.base)));
    const widest = Math.max(...sources.map(bytesOf));
    const regions = Array.from({ length: inputRegions(job) }, () => memory.alloc(widest));
    this.#tuned = sources.map(
      (source, i) =>
        new TensorInput(context, source, regions[i % regions.length] as (typeof regions)[number]),
    );
    const [x, codes, ...extra] = encoderRegions(job, chunk, span).map(bytes => memory.alloc(bytes));
    this.scratch = { x: x as Region, codes: codes as Region, extra };
    if (!this.base || !job.shared) return;
    const { tensor, resident, reconstruction } = job;
    const shared = { tensor, count: this.count, resident, reconstruction, bits: widestCodes(job) };
    this.#shared = new SharedVector(context, this.scratch, memory, this.base, this.#tuned, shared);
  }

  /** The shared vector's tensor, where the job has one. */
  get shared(): SharedVector | undefined {
    return this.#shared;
  }

  tunedOf(task: TaskTensor): TensorInput {
    return this.#tuned[this.#tasks.indexOf(task)] as TensorInput;
  }

  /** tuned − reference, pruned; the reference is the base model, with the shared vector if there is one, or nothing. */
  valuesOf(task: TaskTensor, shared: SharedVector | undefined): Promise<Values> {
    const { backend } = this.context;
    const { prune: share, resident } = this.job;
    const position = this.#tasks.indexOf(task);
    const input = this.#tuned[position] as TensorInput;
    const reference = shared ?? this.base;
    const values: Values = {
      load: async span => {
        await Promise.all([input.load(span), reference?.load(span)]); // one that fails must not leave the other alone
        // Read ahead; a failure shows when it is awaited.
        if (resident) void this.#tuned[position + 1]?.load(span).catch(() => undefined);
      },
      chunk: ({ first, count }, out) =>
        backend.deltaMinmax(input.slice(first), reference?.slice(first), out, count),
      energy: shared?.energyOf(position),
    };
    return pruned(this.context, this.scratch, { count: this.count, resident, share }, values);
  }
}
