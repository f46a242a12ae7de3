/** The header of a GGUF file, as it stands there: version 2 or 3, metadata, and where each tensor's data is. */
import { quote } from '../safetensors/headerText.ts';
import type { Cursor } from './cursor.ts';
import { readMetadata, type GgufMetadata } from './metadata.ts';
import { MAGIC } from './magic.ts';
import { ggufType, ggufTypeName, READABLE_TYPES, type GgufType } from './types.ts';

export interface GgufTensor {
  readonly name: string;
  readonly type: GgufType;
  /** Rows first, as everywhere but in GGUF. */
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** As stored. */
  readonly bytes: number;
}

export interface GgufHeader {
  readonly metadata: GgufMetadata;
  /** In the order of their data. */
  readonly tensors: readonly GgufTensor[];
}

/** Models of a thousand layers have less. */
const MAX_TENSORS = 100_000;
/** ggml's own limit is 64; forks have raised it. */
const MAX_NAME_BYTES = 256;
/** ggml's GGML_MAX_DIMS. */
const MAX_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 1 << 20;

/** Reads as far as the metadata, or as what of it is enough. @returns it with the number of tensors */
export function parseMetadata(
  cursor: Cursor,
  isEnough: (known: GgufMetadata) => boolean = () => false,
): { readonly metadata: GgufMetadata; readonly tensors: number } {
  const begin = cursor.skip(MAGIC.length);
  if (begin !== 0) throw new Error('a header is read from its beginning');
  const version = cursor.u32();
  if (version !== 0 && version % 2 ** 16 === 0)
    throw cursor.fault('it is big-endian; convert the model again as little-endian');
  if (version !== 2 && version !== 3)
    throw cursor.fault(`it has version ${version}, 2 or 3 were expected; convert the model again`);
  const tensors = cursor.size('the number of tensors');
  if (tensors > MAX_TENSORS)
    throw cursor.fault(`it has ${tensors} tensors, at most ${MAX_TENSORS} are allowed`);
  const pairs = cursor.size('the number of metadata pairs');
  return { metadata: readMetadata(cursor, pairs, isEnough), tensors };
}

/** Reads and checks a whole header. @throws UserError, or HeaderGoesOn when more of the file is needed */
export function parseGguf(cursor: Cursor, fileBytes: number): GgufHeader {
  const { metadata, tensors: count } = parseMetadata(cursor);
  const alignment = alignmentOf(cursor, metadata);
  const names = new Set<string>();
  const tensors = Array.from({ length: count }, () => readTensor(cursor, alignment, names));
  const dataOffset = Math.ceil(cursor.at / alignment) * alignment;
  const placed = tensors
    .map(tensor => ({ ...tensor, offset: dataOffset + tensor.offset }))
    .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  checkPlaces(cursor, placed, fileBytes);
  return { metadata, tensors: placed };
}

function alignmentOf(cursor: Cursor, metadata: GgufMetadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPower = typeof alignment === 'number' && Number.isInteger(Math.log2(alignment));
  if (isPower && alignment >= 1 && alignment <= MAX_ALIGNMENT) return alignment;
  throw cursor.fault(
    `general.alignment is ${String(alignment)}, a power of 2 up to ${MAX_ALIGNMENT} was expected`,
  );
}

/** A tensor with its offset from the beginning of the data. */
function readTensor(cursor: Cursor, alignment: number, names: Set<string>): GgufTensor {
  const name = cursor.string('the name of a tensor', MAX_NAME_BYTES);
  const wrong = (what: string) => cursor.fault(`tensor ${quote(name)}: ${what}`);
  if (names.has(name)) throw cursor.fault(`tensor ${quote(name)} appears twice in its header`);
  names.add(name);
  const dimensions = cursor.u32();
  if (dimensions > MAX_DIMENSIONS)
    throw wrong(`it has ${dimensions} dimensions, at most ${MAX_DIMENSIONS} are allowed`);
  const shape = Array.from({ length: dimensions }, () =>
    cursor.size(`a dimension of ${quote(name)}`),
  ).reverse();
  const number = cursor.u32();
  const type = ggufType(number);
  if (!type)
    throw wrong(
      `its type ${ggufTypeName(number)} is not read (${READABLE_TYPES} are); use the model in one of these`,
    );
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(8 * count)) throw wrong(`its shape [${shape.join(', ')}] overflows`);
  const row = shape.at(-1) ?? 1;
  if (row % type.values !== 0)
    throw wrong(`its rows of ${row} values do not fill whole blocks of ${type.values} (${type.name})`);
  const offset = cursor.size(`the offset of ${quote(name)}`);
  if (offset % alignment !== 0)
    throw wrong(`its data begins at ${offset}, a multiple of ${alignment} was expected`);
  return { name, type, shape, offset, bytes: (count / type.values) * type.bytes };
}

function checkPlaces(cursor: Cursor, tensors: readonly GgufTensor[], fileBytes: number): void {
  let end = 0;
  for (const { name, offset, bytes } of tensors) {
    if (offset < end)
      throw cursor.fault(`the data of tensor ${quote(name)} overlaps that of the tensor before it`);
    end = offset + bytes;
    if (end > fileBytes)
      throw cursor.fault(
        `the file is truncated: it has ${fileBytes} bytes, tensor ${quote(name)} ends at ${end}; the download may not be complete`,
      );
  }
}
