/** How one tensor's task vectors lie to each other: all pairs, in one walk over the tensor. */
import type { Region } from '../../../kernels/memory.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { Item, ItemContext, ItemReport } from '../scheduler/item.ts';
import type { ItemKind } from '../scheduler/itemKind.ts';
import { InputReader, inputSources, type InputTensor } from '../tensors/inputTensor.ts';
import { chunksOf, inputBytes, loadAll, longestSpan, spansOf, TensorInput } from '../tensors/tensorInput.ts';

export interface CompareItem extends Item {
  readonly kind: 'compare';
  readonly shape: readonly number[];
  /** The base model's tensor, where the inputs are of checkpoints. */
  readonly base: TensorSource | undefined;
  /** One a task. */
  readonly inputs: readonly InputTensor[];
}

/** Sums by pair, the first task's pairs with itself and all later ones first. */
export interface TensorComparison {
  readonly weights: number;
  readonly products: Float64Array;
  /** Weights that both move, and those of them that they move in opposite directions. */
  readonly together: Float64Array;
  readonly opposite: Float64Array;
}

export interface CompareReport extends ItemReport {
  readonly comparison: TensorComparison;
}

/** Number of the pair (i, j), i ≤ j, among those of `tasks` tasks. */
export const pairAt = (i: number, j: number, tasks: number): number => i * tasks - (i * (i - 1)) / 2 + j - i;

export const noComparison = (tasks: number): TensorComparison => {
  const pairs = () => new Float64Array((tasks * (tasks + 1)) / 2);
  return { weights: 0, products: pairs(), together: pairs(), opposite: pairs() };
};

export const compareKind: ItemKind<CompareItem, CompareReport> = {
  kind: 'compare',
  sources: ({ base, inputs }) => [base, ...inputs.flatMap(inputSources)],
  allocate(item, memory, chunkElements) {
    const count = elementCount(item.shape);
    const span = longestSpan(count, false);
    const region = () => memory.alloc(4 * Math.min(chunkElements, span));
    const [flags, scratch] = [region(), region()];
    const vectors = item.inputs.map(region);
    const base = item.base && new TensorInput(item.base, memory.alloc(inputBytes(item.base, span)), false);
    const reading = { hashed: false, tolerance: undefined };
    const readers = item.inputs.map(input => new InputReader(memory, input, reading, base, scratch, span));

    return async context => {
      const { backend, signal } = context;
      const sums = noComparison(item.inputs.length);
      for (const part of spansOf(count, false)) {
        await loadAll(context, part, [base, ...readers]);
        for (const chunk of chunksOf(part, backend.chunk)) {
          signal.throwIfAborted();
          for (const [i, reader] of readers.entries())
            await reader.values(context, 'vectors', chunk, vectors[i] as Region);
          await addPairs(context, vectors, flags, chunk.count, sums);
        }
      }
      for (const reader of readers) reader.check(context);
      return { checksums: [], warnings: [], comparison: { ...sums, weights: count } };
    };
  },
};

/** Adds one chunk's sums of all pairs. */
async function addPairs(
  { backend }: ItemContext,
  vectors: readonly Region[],
  flags: Region,
  count: number,
  { products, together, opposite }: TensorComparison,
): Promise<void> {
  const tasks = vectors.length;
  const moved: number[] = [];
  for (const [i, x] of vectors.entries()) {
    const own = await backend.compareTask(x, x, flags, true, count);
    moved[i] = own.any;
    const self = pairAt(i, i, tasks);
    products[self]! += own.product;
    together[self]! += own.any;
  }
  for (const [i, x] of vectors.entries()) {
    for (let j = i + 1; j < tasks; j++) {
      const y = vectors[j] as Region;
      await backend.compareTask(x, x, flags, true, count);
      const found = await backend.compareTask(x, y, flags, false, count);
      const pair = pairAt(i, j, tasks);
      products[pair]! += found.product;
      together[pair]! += (moved[i] as number) + (moved[j] as number) - found.any;
      opposite[pair]! += found.both;
    }
  }
}
