/** Readers of records of any kind. */
import { packedBytes } from '../../../kernels/codes.ts';
import type { QuantizableDtype } from '../../formats/dtype.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import { inputBytes, TensorInput } from '../tensors/tensorInput.ts';
import type { Reading } from './codec.ts';
import { checkPayload, payloadSource } from './payload.ts';
import type { RecordReader } from './reader.ts';
import { codecOfRecord, hasCodec } from './registry.ts';

/** Backend bytes of a reader. */
export function recordReaderBytes(record: TvqRecord | undefined, span: number): number {
  if (!record) return 0;
  if (hasCodec(record)) return codecOfRecord(record).readerBytes(record, span);
  return record.codec.codec === 'exact'
    ? inputBytes(record.dtype as QuantizableDtype, span)
    : packedBytes(span, 1) + 4;
}

export function recordReader(reading: Reading): RecordReader {
  const { record } = reading;
  if (hasCodec(record)) return codecOfRecord(record).reader({ ...reading, record });
  return record.codec.codec === 'exact' ? exactReader(reading) : constantReader(reading);
}

function exactReader({ context, memory, file, record, vector, span }: Reading): RecordReader {
  const region = memory.alloc(recordReaderBytes(record, span));
  const input = new TensorInput(context, payloadSource(file, record), region);
  return {
    load: loaded => input.load(loaded),
    decode: async ({ first, count }, _reference, out) => {
      await context.backend.deltaMinmax(input.slice(first), undefined, out, count);
    },
    codes: () => undefined,
    check: () => checkPayload(file, record, vector, input.checksum),
  };
}

/** The same value everywhere: codes that are all zero, in a table with that value. */
function constantReader({ context, memory, record, span }: Reading): RecordReader {
  const { backend } = context;
  const region = memory.alloc(recordReaderBytes(record, span));
  const table = Float32Array.of(record.scales[1], record.scales[1]);
  return {
    load: ({ count }) => backend.write(region, 0, packedBytes(count, 1), async view => void view.fill(0)),
    decode: ({ first, count }, reference, out) =>
      backend.unpackDequantize(region, first, 1, table, reference, out, 0, count),
    codes: () => undefined,
    check: () => undefined,
  };
}
