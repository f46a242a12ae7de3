/** Examines one tensor of a .tvq file: one pass for the range of its values, one for everything else. */
import type { Region } from '../../../kernels/memory.ts';
import { CODES } from '../../../kernels/codes.ts';
import type { Histogram, TensorValues } from '../../protocol/tensors.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { Item, ItemContext, ItemReport } from '../scheduler/item.ts';
import type { ItemKind, ItemMemory } from '../scheduler/itemKind.ts';
import { floatsIn, readFloats } from '../tensors/floats.ts';
import { inputSources, type StoredTensor } from '../tensors/inputTensor.ts';
import { chunksOf, loadAll, longestSpan, spansOf, type Span } from '../tensors/tensorInput.ts';
import type { RecordReader } from '../codecs/reader.ts';
import { recordReader } from '../codecs/recordReader.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import { ValueSums } from './valueSums.ts';

export interface DetailItem extends Item {
  readonly kind: 'detail';
  readonly input: StoredTensor;
}

export interface TensorContents {
  readonly values: TensorValues;
  readonly codes: Histogram | undefined;
}

export interface DetailReport extends ItemReport {
  readonly contents: TensorContents;
}

/** Two spans of codes and three chunks are in memory, whatever the tensor's size. */
export const detailKind: ItemKind<DetailItem, DetailReport> = {
  kind: 'detail',
  sources: ({ input }) => inputSources(input),
  allocate(item, memory, chunk) {
    const detail = new Detail(item, memory, chunk);
    return async context => ({ checksums: [], warnings: [], contents: await detail.contents(context) });
  },
};

/** The tensor in backend memory, stretch by stretch. */
class Detail {
  readonly #shape: readonly number[];
  readonly #count: number;
  readonly #values: Region;
  readonly #reference: Region;
  readonly #numbers: Region;
  readonly #record: RecordReader;
  readonly #shared: RecordReader | undefined;

  constructor({ input: { file, task, record, shared } }: DetailItem, memory: ItemMemory, chunk: number) {
    this.#shape = record.shape;
    this.#count = elementCount(record.shape);
    const span = longestSpan(this.#count, false);
    const region = () => memory.alloc(4 * Math.min(chunk, span));
    [this.#values, this.#reference, this.#numbers] = [region(), region(), region()];
    const reading = { memory, file, span };
    this.#record = recordReader({ ...reading, record, vector: task });
    this.#shared = shared && recordReader({ ...reading, record: shared, vector: SHARED_VECTOR });
  }

  async contents(context: ItemContext): Promise<TensorContents> {
    const extent = { min: Infinity, max: -Infinity };
    await this.#chunks(context, async ({ count }) => {
      const found = await context.backend.deltaMinmax(floatsIn(this.#values), undefined, undefined, count);
      extent.min = Math.min(extent.min, found.min);
      extent.max = Math.max(extent.max, found.max);
    });
    const sums = new ValueSums(extent, this.#shape, this.#count);
    const codes = new Float64Array(CODES);
    await this.#chunks(context, async chunk => {
      sums.add(await readFloats(context.backend, this.#values, chunk.count));
      await this.#countCodes(context, chunk, codes);
    });
    this.#shared?.check(context);
    this.#record.check(context);
    return { values: sums.result(), codes: codeHistogram(codes) };
  }

  /** Goes through the tensor with each chunk's values in `#values`. */
  async #chunks(context: ItemContext, work: (chunk: Span) => Promise<void>): Promise<void> {
    for (const span of spansOf(this.#count, false)) {
      await loadAll(context, span, [this.#record, this.#shared]);
      for (const chunk of chunksOf(span, context.backend.chunk)) {
        context.signal.throwIfAborted();
        await this.#shared?.decode(context, chunk, undefined, this.#reference);
        await this.#record.decode(context, chunk, this.#shared && floatsIn(this.#reference), this.#values);
        await work(chunk);
      }
    }
  }

  /** Counts a chunk's codes: looked up in a table of all codes, they are numbers. */
  async #countCodes(context: ItemContext, { first, count }: Span, counts: Float64Array): Promise<void> {
    const codes = this.#record.codes(first);
    if (!codes) return;
    const table = Float32Array.from({ length: 2 ** codes.bits }, (_, code) => code);
    await context.backend.unpackDequantize(
      codes.region,
      codes.first,
      codes.bits,
      table,
      undefined,
      this.#numbers,
      0,
      count,
    );
    for (const code of await readFloats(context.backend, this.#numbers, count)) counts[code]!++;
  }
}

/** From the lowest to the highest code that occurs. */
function codeHistogram(counts: Float64Array): Histogram | undefined {
  const occurs = (count: number) => count > 0;
  const lowest = counts.findIndex(occurs);
  if (lowest < 0) return undefined;
  const highest = counts.findLastIndex(occurs);
  return { from: lowest, to: highest + 1, counts: [...counts.subarray(lowest, highest + 1)] };
}
