/** Restores one tensor of one task: base + dequantized task vector. */
import type { NotNumbers } from '../../../kernels/stages/encode/stage.ts';
import type { Slice } from '../../../kernels/memory.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount, type Dtype, type QuantizableDtype } from '../../formats/dtype.ts';
import type { Item, ItemContext, RecordOutcome } from '../scheduler/item.ts';
import type { ItemKind, ItemMemory } from '../scheduler/itemKind.ts';
import type { WriteReport } from '../tensors/outputWarnings.ts';
import { countOf, NONE, plus, refused } from '../tensors/notNumbers.ts';
import { RawTensor } from '../tensors/rawTensor.ts';
import { floatsIn } from '../tensors/floats.ts';
import { chunksOf, inputBytes, loadAll, longestSpan, spansOf, TensorInput } from '../tensors/tensorInput.ts';
import { statisticOf } from '../../formats/names/runningStatistics.ts';
import { raiseToZero } from '../tensors/raiseToZero.ts';
import { Coder, writtenBytes, writtenType, type Coding } from '../output/coding.ts';
import { encodeValues } from '../tensors/encode.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import { checkPayload, payloadSource } from '../codecs/payload.ts';
import { recordReader } from '../codecs/recordReader.ts';

export interface RestoreItem extends Item {
  readonly kind: 'restore';
  /** Dtype to write. */
  readonly dtype: Dtype;
  /** How its values are written; undefined: as values of `dtype`. */
  readonly coding: Coding | undefined;
  /** The .tvq file, and the task. */
  readonly file: string;
  readonly task: string;
  readonly record: TvqRecord;
  /** The shared base vector's record of this tensor, where it has codes. */
  readonly shared: TvqRecord | undefined;
  /** The base model's tensor; undefined where the record does not need it. */
  readonly base: TensorSource | undefined;
  /** Whether NaN and infinity may be written that are not in the task's own tensor. */
  readonly allowNonfinite: boolean;
  readonly resident: boolean;
}

/** Bytes of the restored tensor. */
export const restoredBytes = ({ dtype, coding, record: { shape } }: RestoreItem): number =>
  writtenBytes({ dtype, coding, shape });

/** Whether the bytes to write are in a file unchanged: a forced base may have other dtypes. */
const copies = ({ record, dtype, coding, base }: RestoreItem): boolean =>
  !coding &&
  ((record.codec.codec === 'exact' && record.dtype === dtype) ||
    (record.codec.codec === 'same' && base?.dtype === dtype));

/** Its output is number 0, the report's checksum that of the base's tensor when it was read. */
export const restoreKind: ItemKind<RestoreItem, WriteReport> = {
  kind: 'restore',
  sources: ({ base, record }) => [base, record.payload],
  allocate(item, memory, chunk) {
    const write = copies(item) ? copying(item) : computing(item, memory, chunk);
    return async context => {
      await context.emit({ type: 'begin', output: 0, codec: 'exact', bytes: restoredBytes(item) });
      const { checksum, ...findings } = await write(context);
      const outcome: RecordOutcome = {
        codec: 'exact',
        scales: [0, 0],
        checksum: item.record.checksum,
        errors: [0, 0],
      };
      await context.emit({ type: 'end', output: 0, outcome });
      return { checksums: [checksum], warnings: [], findings };
    };
  },
};

/** What came of a tensor, beside its bytes. */
interface Written {
  readonly checksum: string | undefined;
  readonly written?: NotNumbers;
  readonly raised?: number;
}

const copying =
  (item: RestoreItem) =>
  async (context: ItemContext): Promise<Written> => {
    const fromBase = item.record.codec.codec === 'same';
    const raw = new RawTensor(
      context,
      fromBase ? (item.base as TensorSource) : payloadSource(item.file, item.record),
    );
    const checksum = await raw.checksum();
    if (!fromBase) checkPayload(item.file, item.record, item.task, checksum);
    for await (const bytes of raw.pieces()) await context.emit({ type: 'bytes', bytes });
    return { checksum: fromBase ? checksum : undefined };
  };

/** Whether the tensor is the task's own as a whole: infinity in it was not made here, but for the range of float32. */
const isOwn = ({ record: { codec, dtype } }: RestoreItem): boolean =>
  (codec.codec === 'exact' || codec.codec === 'same') && dtype !== 'F64';

/** @throws UserError where values come out as NaN or infinite and may not */
function computing(item: RestoreItem, memory: ItemMemory, chunkElements: number) {
  const { base: source, file, record, resident } = item;
  const count = elementCount(record.shape);
  const span = longestSpan(count, resident);
  const most = Math.min(chunkElements, span);
  const region = () => memory.alloc(4 * most);
  const [reference, values, encoded] = [region(), region(), region()];
  const base = source && new TensorInput(source, memory.alloc(inputBytes(source, span)));
  const reader = (of: TvqRecord, vector: string) => recordReader({ memory, file, record: of, vector, span });
  const vector = record.codec.codec === 'same' ? undefined : reader(record, item.task);
  const shared = item.shared && reader(item.shared, SHARED_VECTOR);
  const makeCoder = item.coding && Coder.allocate(item.coding, record.shape, memory, most);

  return async (context: ItemContext): Promise<Written> => {
    const { backend, signal } = context;
    const isVariance = statisticOf(item.tensor) === 'variance' && !isOwn(item);
    let raised = 0;
    /** Brings the restored values of one chunk after another into `values`. */
    const chunks = async (work: (count: number) => Promise<void>): Promise<void> => {
      for (const part of spansOf(count, resident)) {
        await loadAll(context, part, [base, vector, shared]);
        for (const chunk of chunksOf(part, backend.chunk)) {
          signal.throwIfAborted();
          const original = base?.slice(chunk.first);
          await shared?.decode(context, chunk, original, reference);
          const from = shared ? floatsIn(reference) : original;
          if (vector) await vector.decode(context, chunk, from, values);
          else await backend.deltaMinmax(from as Slice, undefined, values, chunk.count);
          if (isVariance) raised += await raiseToZero(context, values, chunk.count);
          await work(chunk.count);
        }
      }
    };
    const coder = makeCoder?.();
    const inDtype = (dtype: QuantizableDtype, length: number) =>
      encodeValues(context, dtype, values, encoded, length);
    const asFloats = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
      new Float32Array(buffer, byteOffset, byteLength / 4);
    if (coder?.measures)
      await chunks(async length => coder.measure(asFloats((await inDtype('F32', length)).bytes)));
    raised = 0;
    let written = NONE;
    await chunks(async length => {
      const { bytes, found } = await inDtype(coder ? 'F32' : (item.dtype as QuantizableDtype), length);
      written = plus(written, isOwn(item) ? { ...found, nonFinite: 0 } : found);
      for (const piece of coder ? coder.code(asFloats(bytes)) : [bytes])
        await context.emit({ type: 'bytes', bytes: piece });
    });
    if (coder) written = plus(written, { ...NONE, overflowed: coder.overflowed });
    shared?.check(context);
    vector?.check(context);
    if (countOf(written) > 0 && !item.allowNonfinite)
      throw refused({ tensor: item.tensor, shape: record.shape, dtype: writtenType(item) }, written);
    return { checksum: base?.checksum(context), written, raised };
  };
}
