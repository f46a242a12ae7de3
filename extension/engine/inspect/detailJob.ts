/** Examines one tensor of a .tvq file: one pass for the range of its values, one for everything else. */
import type { Region, Scope, Slice } from '../../../kernels/memory.ts';
import { CODES } from '../../../kernels/codes.ts';
import type { Histogram, TensorValues } from '../../protocol/tensors.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { Job, JobContext, JobReport } from '../scheduler/job.ts';
import type { JobKind } from '../scheduler/jobKind.ts';
import { inputSources, type StoredTensor } from '../tensors/inputTensor.ts';
import { chunksOf, SPAN_ELEMENTS, spansOf, type Span } from '../tensors/tensorInput.ts';
import type { RecordReader } from '../codecs/reader.ts';
import { recordReader, recordReaderBytes } from '../codecs/recordReader.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import { ValueSums } from './valueSums.ts';

export interface DetailJob extends Job {
  readonly kind: 'detail';
  readonly input: StoredTensor;
}

export interface TensorContents {
  readonly values: TensorValues;
  readonly codes: Histogram | undefined;
}

export interface DetailReport extends JobReport {
  readonly contents: TensorContents;
}

/** Regions a chunk long: values, the shared vector's, codes as numbers. */
const WORKING_REGIONS = 3;
/** Regions are rounded up to alignment. */
const SLACK = 64 * 1024;

/** Two spans of codes and three chunks, whatever the tensor's size. */
function memoryOf({ input: { record, shared } }: DetailJob, chunk: number): number {
  const span = Math.min(elementCount(record.shape), SPAN_ELEMENTS);
  const readers = recordReaderBytes(record, span) + recordReaderBytes(shared, span);
  return readers + WORKING_REGIONS * 4 * Math.min(chunk, span) + SLACK;
}

export const detailKind: JobKind<DetailJob, DetailReport> = {
  kind: 'detail',
  sources: ({ input }) => inputSources(input),
  memory: memoryOf,
  run: (job, context) =>
    context.backend.scope(async memory => ({
      checksums: [],
      warnings: [],
      contents: await new Detail(job, context, memory).contents(),
    })),
};

/** The tensor in backend memory, stretch by stretch. */
class Detail {
  readonly #count: number;
  readonly #values: Region;
  readonly #reference: Region;
  readonly #numbers: Region;
  readonly #record: RecordReader;
  readonly #shared: RecordReader | undefined;

  constructor(
    { input: { file, task, record, shared } }: DetailJob,
    private readonly context: JobContext,
    memory: Scope,
  ) {
    this.#count = elementCount(record.shape);
    this.shape = record.shape;
    const span = Math.min(this.#count, SPAN_ELEMENTS);
    const region = () => memory.alloc(4 * Math.min(context.backend.chunk, span));
    [this.#values, this.#reference, this.#numbers] = [region(), region(), region()];
    const reading = { context, memory, file, span };
    this.#record = recordReader({ ...reading, record, vector: task });
    this.#shared = shared && recordReader({ ...reading, record: shared, vector: SHARED_VECTOR });
  }

  private readonly shape: readonly number[];

  async contents(): Promise<TensorContents> {
    const { backend } = this.context;
    const extent = { min: Infinity, max: -Infinity };
    await this.#chunks(async ({ count }) => {
      const found = await backend.deltaMinmax(slice(this.#values), undefined, undefined, count);
      extent.min = Math.min(extent.min, found.min);
      extent.max = Math.max(extent.max, found.max);
    });
    const sums = new ValueSums(extent, this.shape, this.#count);
    const codes = new Float64Array(CODES);
    await this.#chunks(async chunk => {
      sums.add(await this.#read(this.#values, chunk.count));
      await this.#countCodes(chunk, codes);
    });
    this.#shared?.check();
    this.#record.check();
    return { values: sums.result(), codes: codeHistogram(codes) };
  }

  /** Goes through the tensor with each chunk's values in `#values`. */
  async #chunks(work: (chunk: Span) => Promise<void>): Promise<void> {
    for (const span of spansOf(this.#count, false)) {
      await Promise.all([this.#record.load(span), this.#shared?.load(span)]);
      for (const chunk of chunksOf(span, this.context.backend.chunk)) {
        this.context.signal.throwIfAborted();
        await this.#shared?.decode(chunk, undefined, this.#reference);
        await this.#record.decode(chunk, this.#shared && slice(this.#reference), this.#values);
        await work(chunk);
      }
    }
  }

  /** Counts a chunk's codes: looked up in a table of all codes, they are numbers. */
  async #countCodes({ first, count }: Span, counts: Float64Array): Promise<void> {
    const codes = this.#record.codes(first);
    if (!codes) return;
    const table = Float32Array.from({ length: 2 ** codes.bits }, (_, code) => code);
    await this.context.backend.unpackDequantize(
      codes.region,
      codes.first,
      codes.bits,
      table,
      undefined,
      this.#numbers,
      0,
      count,
    );
    for (const code of await this.#read(this.#numbers, count)) counts[code]!++;
  }

  async #read(region: Region, count: number): Promise<Float32Array> {
    const bytes = await this.context.backend.read(region, 0, 4 * count);
    return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  }
}

const slice = (region: Region): Slice => ({ region, type: 'F32', first: 0 });

/** From the lowest to the highest code that occurs. */
function codeHistogram(counts: Float64Array): Histogram | undefined {
  const occurs = (count: number) => count > 0;
  const lowest = counts.findIndex(occurs);
  if (lowest < 0) return undefined;
  const highest = counts.findLastIndex(occurs);
  return { from: lowest, to: highest + 1, counts: [...counts.subarray(lowest, highest + 1)] };
}
