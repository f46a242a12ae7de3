/** What one tensor's item works with: the checkpoints' tensors on their way through backend memory, and scratch. */
import type { Region } from '../../../kernels/memory.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { inMemory, type QuantizeItem, type TaskTensor } from './item.ts';
import { pruned } from './prune.ts';
import type { QuantizeMemory } from './quantizeMemory.ts';
import { SharedVector } from './sharedVector.ts';
import { TensorInput } from '../tensors/tensorInput.ts';
import type { EncoderMemory } from '../codecs/codec.ts';
import type { Values } from '../codecs/values.ts';

export class ItemInputs {
  readonly count: number;
  readonly base: TensorInput | undefined;
  readonly scratch: EncoderMemory;
  /** The shared vector's tensor, where the item has one. */
  readonly shared: SharedVector | undefined;
  readonly #tasks: readonly TaskTensor[];
  readonly #tuned: readonly TensorInput[];

  constructor(
    private readonly item: QuantizeItem,
    private readonly context: ItemContext,
    memory: QuantizeMemory,
  ) {
    this.#tasks = inMemory(item);
    const sources = this.#tasks.map(({ source }) => source as TensorSource);
    this.count = elementCount((sources[0] as TensorSource).shape);
    this.base = item.base && new TensorInput(item.base, memory.base as Region);
    this.#tuned = sources.map(
      (source, i) => new TensorInput(source, memory.tuned[i % memory.tuned.length] as Region),
    );
    this.scratch = memory.scratch;
    if (!this.base || !memory.shared) return;
    const { tensor, resident, reconstruction } = item;
    const shared = { tensor, count: this.count, resident, reconstruction };
    this.shared = new SharedVector(context, this.scratch, memory.shared, this.base, this.#tuned, shared);
  }

  tunedOf(task: TaskTensor): TensorInput {
    return this.#tuned[this.#tasks.indexOf(task)] as TensorInput;
  }

  /** tuned − reference, pruned; the reference is the base model, with the shared vector if there is one, or nothing. */
  valuesOf(task: TaskTensor, shared: SharedVector | undefined): Promise<Values> {
    const { context } = this;
    const { backend } = context;
    const { prune: share, resident } = this.item;
    const position = this.#tasks.indexOf(task);
    const input = this.#tuned[position] as TensorInput;
    const reference = shared ?? this.base;
    const values: Values = {
      load: async span => {
        const other = shared ? shared.load(span) : this.base?.load(context, span);
        await Promise.all([input.load(context, span), other]); // one that fails must not leave the other alone
        // Read ahead; a failure shows when it is awaited.
        if (resident) void this.#tuned[position + 1]?.load(context, span).catch(() => undefined);
      },
      chunk: ({ first, count }, out) =>
        backend.deltaMinmax(input.slice(first), reference?.slice(first), out, count),
      sides:
        this.base && !shared
          ? ({ first }) => ({ tuned: input.slice(first), reference: (this.base as TensorInput).slice(first) })
          : undefined,
      energy: shared?.energyOf(position),
    };
    return pruned(context, this.scratch, { count: this.count, resident, share }, values);
  }
}
