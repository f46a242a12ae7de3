import { packedBytes } from '../../../kernels/codes.ts';
import type { Region, Scope } from '../../../kernels/memory.ts';
import { Xxh64 } from '../../../kernels/checksum.ts';
import type { QuantizableDtype } from '../../formats/dtype.ts';
import type { TensorEntry } from '../../formats/safetensors/safetensors.ts';
import type { JobContext } from '../scheduler/job.ts';
import { affineTable } from './affine/affine.ts';
import { inputBytes, TensorInput, type Span } from '../tensors/tensorInput.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import type { RecordReader } from './reader.ts';
import { CodebookReader, codebookReaderBytes } from './codebook/codebookReader.ts';
import { EntropyReader, entropyReaderBytes } from './entropy/entropyReader.ts';
import { checkPayload, payloadSource } from './payload.ts';

/** Backend bytes of a reader. */
export function recordReaderBytes(record: TvqRecord | undefined, span: number): number {
  if (!record) return 0;
  if (record.codec.codec === 'exact') return inputBytes(record.dtype as QuantizableDtype, span);
  if (record.codec.codec === 'entropy') return entropyReaderBytes(record, span);
  if (record.codec.codec === 'codebook') return codebookReaderBytes(record, span);
  return record.codec.codec === 'affine'
    ? packedBytes(span, record.codec.bits) + 4
    : packedBytes(span, 1) + 4;
}

export function recordReader(
  context: JobContext,
  memory: Scope,
  file: string,
  record: TvqRecord,
  vector: string,
  spanElements: number,
): RecordReader {
  if (record.codec.codec === 'entropy')
    return new EntropyReader(context, memory, file, record, vector, spanElements);
  if (record.codec.codec === 'codebook')
    return new CodebookReader(context, memory, file, record, vector, spanElements);
  const region = memory.alloc(recordReaderBytes(record, spanElements));
  if (record.codec.codec === 'exact') return exactReader(context, region, file, record, vector);
  return record.codec.codec === 'affine'
    ? affineReader(context, region, file, record, vector)
    : constantReader(context, region, record);
}

function exactReader(
  context: JobContext,
  region: Region,
  file: string,
  record: TvqRecord,
  vector: string,
): RecordReader {
  const input = new TensorInput(context, payloadSource(file, record), region);
  return {
    load: span => input.load(span),
    decode: async ({ first, count }, _reference, out) => {
      await context.backend.deltaMinmax(input.slice(first), undefined, out, count);
    },
    codes: () => undefined,
    check: () => checkPayload(file, record, vector, input.checksum),
  };
}

function affineReader(
  context: JobContext,
  region: Region,
  file: string,
  record: TvqRecord,
  vector: string,
): RecordReader {
  const { backend, files, kernels } = context;
  const { bits } = record.codec as { bits: number };
  const [scale, zero] = record.scales;
  const table = affineTable({ bits, scale, zero });
  const hash = new Xxh64(kernels);
  const { offset } = record.payload as TensorEntry;
  let loaded: { readonly first: number; readonly done: Promise<void> } | undefined;
  let hashed = 0;
  const read = ({ first, count }: Span): Promise<void> =>
    backend.write(region, 0, packedBytes(count, bits), async view => {
      const begin = packedBytes(first, bits);
      await files.read(file, view, offset + begin);
      if (begin <= hashed && hashed < begin + view.length) {
        hash.update(view.subarray(hashed - begin));
        hashed = begin + view.length;
      }
    });
  return {
    load: span => {
      if (loaded?.first !== span.first) loaded = { first: span.first, done: read(span) };
      return loaded.done;
    },
    decode: ({ first, count }, reference, out) =>
      backend.unpackDequantize(region, first, bits, table, reference, out, 0, count),
    codes: first => ({ region, first, bits }),
    check: () => checkPayload(file, record, vector, hash.digest()),
  };
}

/** The same value everywhere: codes that are all zero, in a table with that value. */
function constantReader(context: JobContext, region: Region, record: TvqRecord): RecordReader {
  const { backend } = context;
  const table = Float32Array.of(record.scales[1], record.scales[1]);
  return {
    load: ({ count }) => backend.write(region, 0, packedBytes(count, 1), async view => void view.fill(0)),
    decode: ({ first, count }, reference, out) =>
      backend.unpackDequantize(region, first, 1, table, reference, out, 0, count),
    codes: () => undefined,
    check: () => undefined,
  };
}
