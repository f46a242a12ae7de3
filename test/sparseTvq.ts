/** Large .tvq files that take no disk space: a full header, and payloads that are holes in the file. */
import { open } from 'node:fs/promises';
import { packedBytes } from '../kernels/codes.ts';
import { Xxh64 } from '../kernels/checksum.ts';
import { DTYPE_BITS, elementCount } from '../extension/formats/dtype.ts';
import { alignedDataOffset, type TensorEntry } from '../extension/formats/safetensors/safetensors.ts';
import { loadKernels } from '../extension/engine/kernels.ts';
import {
  codecTable,
  hashedHeader,
  headerBound,
  metadataOf,
  NO_FILES,
  sideEntries,
  tableOf,
  type TvqLayout,
} from '../extension/formats/tvq/header.ts';
import type { Codec } from '../extension/formats/tvq/codecs.ts';
import { PAYLOADS, RECORD_TABLE, TENSOR_TABLE } from '../extension/formats/tvq/layout.ts';
import { lengthBytesOf, packRecords, sha256, type TableRow } from '../extension/formats/tvq/tables.ts';

export interface SparseTvq {
  readonly tasks: number;
  /** Blocks of the transformer; 24 of width 1024 are ViT-L/14. */
  readonly blocks: number;
  readonly width: number;
  readonly bits: number;
}

/** Names and shapes of a vision transformer's tensors. */
function transformer({ blocks, width }: SparseTvq): TableRow[] {
  const parts: readonly [string, readonly number[]][] = [
    ['attn.in_proj_weight', [3 * width, width]],
    ['attn.in_proj_bias', [3 * width]],
    ['attn.out_proj.weight', [width, width]],
    ['attn.out_proj.bias', [width]],
    ['ln_1.weight', [width]],
    ['ln_1.bias', [width]],
    ['mlp.c_fc.weight', [4 * width, width]],
    ['mlp.c_fc.bias', [4 * width]],
    ['mlp.c_proj.weight', [width, 4 * width]],
    ['mlp.c_proj.bias', [width]],
    ['ln_2.weight', [width]],
    ['ln_2.bias', [width]],
  ];
  return Array.from({ length: blocks }, (_, block) =>
    parts.map(([part, shape]): TableRow => [`visual.transformer.resblocks.${block}.${part}`, 'F32', shape]),
  ).flat();
}

/** A tensor's payload: matrices are quantized, vectors are exact. */
function payloadOf([, dtype, shape]: TableRow, bits: number): { codec: Codec; bytes: number } {
  const count = elementCount(shape);
  if (shape.length > 1) return { codec: { codec: 'affine', bits }, bytes: packedBytes(count, bits) };
  return { codec: { codec: 'exact' }, bytes: (count * DTYPE_BITS[dtype]) / 8 };
}

/** XXH64 of that many zeros, computed once for each length. */
async function zeroChecksums(): Promise<(bytes: number) => bigint> {
  const kernels = await loadKernels();
  const known = new Map<number, bigint>();
  return bytes => {
    const found = known.get(bytes) ?? BigInt(`0x${hashOf(new Uint8Array(bytes))}`);
    known.set(bytes, found);
    return found;
  };
  function hashOf(zeros: Uint8Array): string {
    const hash = new Xxh64(kernels);
    hash.update(zeros);
    return hash.digest();
  }
}

/** Writes the file, with valid checksums. Returns its size and its number of records. */
export async function writeSparseTvq(
  path: string,
  asked: SparseTvq,
): Promise<{
  readonly bytes: number;
  readonly rows: number;
  readonly headerBytes: number;
  readonly tableBytes: number;
}> {
  const tensors = transformer(asked);
  const records = tensors.map((row, i) => ({ row: i, ...payloadOf(row, asked.bits) }));
  const layout: TvqLayout = {
    tool: 'tvq',
    scheme: { scheme: 'tvq', bits: asked.bits },
    tensors,
    base: { name: 'base', rows: tensors.map((_, i) => i) },
    vectors: Array.from({ length: asked.tasks }, (_, t) => ({
      name: `task${t}`,
      checkpoint: `task${t}`,
      records,
    })),
    files: NO_FILES,
    recipe: { kind: 'quantize', bits: asked.bits },
  };
  const dataOffset = alignedDataOffset(headerBound(layout));
  const checksumOf = await zeroChecksums();

  const table = codecTable(layout);
  const codecs = records.map(({ codec }) =>
    table.findIndex(entry => JSON.stringify(entry) === JSON.stringify(codec)),
  );
  const tensorTable = tableOf(layout);
  const recordTable = packRecords(
    layout.vectors.map(() => ({ codecs, lengths: records.map(({ bytes }) => bytes) })),
    lengthBytesOf(tensors),
  );

  const entries: TensorEntry[] = [];
  let offset = dataOffset;
  const place = (entry: Omit<TensorEntry, 'offset'>) => {
    entries.push({ ...entry, offset });
    offset += entry.bytes;
  };
  const placeBytes = (name: string, bytes: number) => place({ name, dtype: 'U8', shape: [bytes], bytes });
  for (const side of sideEntries(layout)) place(side);
  placeBytes(TENSOR_TABLE, tensorTable.stored.length);
  placeBytes(RECORD_TABLE, recordTable.length);
  const payloadsAt = offset;
  placeBytes(PAYLOADS, asked.tasks * records.reduce((sum, { bytes }) => sum + bytes, 0));

  const bytesOf = (array: ArrayBufferView) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const coded = records.map(({ codec }) => codec.codec === 'affine');
  const vectorSides = [
    Float32Array.from(coded.flatMap(has => (has ? [1000, 2] : [0, 0]))),
    BigUint64Array.from(records, ({ bytes }) => checksumOf(bytes)),
    Float32Array.from(coded.flatMap(has => (has ? [0.05, 1] : [0, 0]))),
  ].map(bytesOf);
  const baseSide = bytesOf(BigUint64Array.from(tensors, () => 0n));
  const fingerprint = '0'.repeat(32);
  const metadata = metadataOf(
    layout,
    {
      created: '2026-01-01T00:00:00.000Z',
      baseChecksums: [],
      baseFingerprint: fingerprint,
      fingerprints: layout.vectors.map(() => fingerprint),
    },
    {
      tables: {
        tensors: tensorTable.bytes,
        lengthBytes: lengthBytesOf(tensors),
        sha256: sha256([tensorTable.stored, recordTable]),
      },
      base: sha256([baseSide]),
      sides: layout.vectors.map(() => sha256(vectorSides)),
    },
  );
  const file = await open(path, 'w');
  try {
    await file.write(hashedHeader(metadata, entries, dataOffset), 0, undefined, 0);
    let at = dataOffset;
    const tables = [tensorTable.stored, recordTable];
    for (const part of [baseSide, ...layout.vectors.flatMap(() => vectorSides), ...tables]) {
      await file.write(part, 0, undefined, at);
      at += part.length;
    }
    if (at !== payloadsAt) throw new Error(`payloads begin at ${at}, not ${payloadsAt}`);
    await file.truncate(offset);
  } finally {
    await file.close();
  }
  const tableBytes = tensorTable.stored.length + recordTable.length;
  return { bytes: offset, rows: records.length * asked.tasks, headerBytes: dataOffset, tableBytes };
}
