/** Readers of records of any kind. */
import { packedBytes } from '../../../kernels/codes.ts';
import { inputBytes, TensorInput } from '../tensors/tensorInput.ts';
import type { Reading } from './codec.ts';
import { checkPayload, payloadSource } from './payload.ts';
import type { RecordReader } from './reader.ts';
import { codecOfRecord, hasCodec } from './registry.ts';

export function recordReader(reading: Reading): RecordReader {
  const { record } = reading;
  if (hasCodec(record)) return codecOfRecord(record).reader(reading as Reading<typeof record.codec.codec>);
  return record.codec.codec === 'exact' ? exactReader(reading) : constantReader(reading);
}

function exactReader({ memory, file, record, vector, span }: Reading): RecordReader {
  const source = payloadSource(file, record);
  const input = new TensorInput(source, memory.alloc(inputBytes(source, span)));
  return {
    load: (context, loaded) => input.load(context, loaded),
    decode: async ({ backend }, { first, count }, _reference, out) => {
      await backend.deltaMinmax(input.slice(first), undefined, out, count);
    },
    codes: () => undefined,
    check: context => checkPayload(file, record, vector, input.checksum(context)),
  };
}

/** The same value everywhere: codes that are all zero, in a table with that value. */
function constantReader({ memory, record, span }: Reading): RecordReader {
  const region = memory.alloc(packedBytes(span, 1) + 4);
  const table = Float32Array.of(record.scales[1], record.scales[1]);
  return {
    load: ({ backend }, { count }) =>
      backend.write(region, 0, packedBytes(count, 1), async view => void view.fill(0)),
    decode: ({ backend }, { first, count }, reference, out) =>
      backend.unpackDequantize(region, first, 1, table, reference, out, 0, count),
    codes: () => undefined,
    check: () => undefined,
  };
}
