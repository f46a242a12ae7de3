/** A tensor's change, fine-tuned minus base, as a matrix that is read in blocks of whole rows, as often as needed. */
import type { Matrix } from '../../../kernels/product.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { ItemContext } from '../scheduler/item.ts';
import type { ItemMemory } from '../scheduler/itemKind.ts';
import { readFloats } from '../tensors/floats.ts';
import { InputReader, type InputTensor } from '../tensors/inputTensor.ts';
import { chunksOf, inputBytes, loadAll, longestSpan, spansOf, TensorInput } from '../tensors/tensorInput.ts';

/** Values of a block. It depends on nothing but the shape, so that sums over blocks are the same on every machine. */
export const BLOCK_VALUES = 2 ** 20;

/** A matrix that is read in blocks of whole rows, in order; the values of a block are overwritten by the next one's. */
export interface Rows {
  readonly rows: number;
  readonly cols: number;
  forEach(context: ItemContext, take: (block: Matrix, firstRow: number) => void): Promise<void>;
}

export interface DeltaRowsOptions {
  readonly rows: number;
  readonly cols: number;
  readonly base: TensorSource;
  readonly input: InputTensor;
  /** Whether all of the tensor is in memory, so that it is read once. */
  readonly resident: boolean;
}

export class DeltaRows implements Rows {
  readonly rows: number;
  readonly cols: number;
  readonly #blockRows: number;
  readonly #span: number;
  readonly #read: (context: ItemContext, take: (values: Float32Array) => void) => Promise<void>;
  /** Whether the change was made from a base that is to be recognised. */
  readonly #isChecked: boolean;
  readonly #base: TensorInput;
  readonly #reader: InputReader;

  constructor({ rows, cols, base, input, resident }: DeltaRowsOptions, memory: ItemMemory, chunk: number) {
    [this.rows, this.cols] = [rows, cols];
    this.#blockRows = Math.min(rows, Math.max(1, Math.floor(BLOCK_VALUES / cols)));
    this.#span = longestSpan(rows * cols, resident);
    const region = () => memory.alloc(4 * Math.min(chunk, this.#span));
    const [values, scratch] = [region(), region()];
    memory.plain(4 * (Math.min(chunk, this.#span) + this.#blockRows * cols));
    this.#isChecked = input.kind === 'tvq' && !input.whole;
    this.#base = new TensorInput(base, memory.alloc(inputBytes(base, this.#span)), this.#isChecked);
    const reading = { hashed: false, tolerance: undefined };
    this.#reader = new InputReader(memory, input, reading, this.#base, scratch, this.#span);
    this.#read = async (context, take) => {
      for (const part of spansOf(rows * cols, resident)) {
        await loadAll(context, part, [this.#base, this.#reader]);
        for (const chunk of chunksOf(part, context.backend.chunk)) {
          context.signal.throwIfAborted();
          await this.#reader.values(context, 'vectors', chunk, values);
          take(await readFloats(context.backend, values, chunk.count));
        }
      }
    };
  }

  /** @throws UserError for NaN and infinity */
  async forEach(context: ItemContext, take: (block: Matrix, firstRow: number) => void): Promise<void> {
    const { cols } = this;
    const block = new Float32Array(this.#blockRows * cols);
    let [filled, firstRow] = [0, 0];
    const pass = () => {
      const rows = filled / cols;
      take({ rows, cols, values: block.subarray(0, filled) }, firstRow);
      [filled, firstRow] = [0, firstRow + rows];
    };
    await this.#read(context, values => {
      for (let from = 0; from < values.length;) {
        const part = values.subarray(from, from + block.length - filled);
        block.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled === block.length) pass();
      }
    });
    if (filled > 0) pass();
  }

  /** XXH64 of the base's tensor where a task vector belongs to it, after all rows were read. @throws UserError when a .tvq file is damaged */
  checksum(context: ItemContext): string | undefined {
    this.#reader.check(context);
    return this.#isChecked ? this.#base.checksum(context) : undefined;
  }
}
