/**
 * The safetensors layout: u64 little-endian header length, JSON header, data. Everything that a hostile or broken file
 * could claim is checked here before anything is allocated; the rules are those of the reference implementation
 * (huggingface/safetensors, tensor.rs).
 */
import type { FileHandle } from 'node:fs/promises';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { stampFrom, type FileStamp } from '../../files/fileStamp.ts';
import { DTYPE_BITS, isDtype, type Dtype } from '../dtype.ts';
import { FOREIGN_HEAD_BYTES, foreignContent } from '../foreignContent.ts';
import { HeaderAllowance, MAX_HEADER_BYTES, type Allowance } from './headerRoom.ts';
import { headerTextFault, quote } from './headerText.ts';
import { readExactly } from '../readExactly.ts';
import { nestsDeeper } from '../json/jsonDepth.ts';
import { openRegular } from '../regularFile.ts';

/** A header nests three deep (file, tensor, shape); more can only exhaust the parser's stack. */
const MAX_HEADER_DEPTH = 4;
const LENGTH_BYTES = 8;

const CUT_OFF = 'the download may not be complete';

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  readonly file: string;
  readonly fileBytes: number;
  /** Where the data begins. */
  readonly dataOffset: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data. */
  readonly tensors: readonly TensorEntry[];
}

/**
 * Reads and checks the header of a safetensors file.
 * @param allowance of the model that the file is a part of
 * @throws UserError naming the file and the fault
 */
export async function readSafetensorsHeader(
  file: string,
  allowance: Allowance = new HeaderAllowance(),
): Promise<SafetensorsHeader & { readonly stamp: FileStamp }> {
  const { handle, info } = await openRegular(file);
  try {
    const stamp = stampFrom(file, info);
    return { ...(await readHeader(handle, file, stamp.bytes, allowance)), stamp };
  } catch (error) {
    throw describeSystemError(error, file);
  } finally {
    await handle.close();
  }
}

/** If reading fails, what the file really is says more than what is wrong with its header. */
async function readHeader(
  handle: FileHandle,
  file: string,
  size: number,
  allowance: Allowance,
): Promise<SafetensorsHeader> {
  try {
    const length = await readHeaderLength(handle, file, size);
    allowance.take(file, length);
    return await allowance.room.with(length, async () => {
      const text = new Uint8Array(length);
      await readExactly(handle, text, LENGTH_BYTES, file);
      return parseHeader(file, size, text);
    });
  } catch (error) {
    const head = new Uint8Array(Math.min(size, FOREIGN_HEAD_BYTES));
    await readExactly(handle, head, 0, file);
    const what = foreignContent(head);
    throw what === undefined ? error : new UserError(`${file}: ${what}`);
  }
}

/** Bytes of the header's JSON, checked against the file. */
async function readHeaderLength(handle: FileHandle, file: string, size: number): Promise<number> {
  if (size === 0) throw new UserError(`${file}: the file is empty; was the download finished?`);
  if (size < LENGTH_BYTES)
    throw fault(file, `the file has ${size} bytes, a header needs at least ${LENGTH_BYTES}`);
  const prefix = new Uint8Array(LENGTH_BYTES);
  await readExactly(handle, prefix, 0, file);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw fault(file, `its header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  if (LENGTH_BYTES + Number(length) > size) {
    throw fault(
      file,
      `its header claims ${length} bytes, the file ends after ${size - LENGTH_BYTES}; ${CUT_OFF}`,
    );
  }
  return Number(length);
}

/** Checks a header's bytes against a file of `fileBytes` bytes. */
export function parseHeader(file: string, fileBytes: number, bytes: Uint8Array): SafetensorsHeader {
  const json = parseJson(file, bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw fault(
      file,
      `its header is ${Array.isArray(json) ? 'a JSON array' : json === null ? 'null' : typeof json}, an object was expected`,
    );
  }
  const dataOffset = LENGTH_BYTES + bytes.length;
  let metadata: Record<string, string> = {};
  const tensors: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = checkMetadata(file, value);
    else tensors.push(checkTensor(file, name, value, dataOffset));
  }
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  checkTiling(file, tensors, dataOffset, fileBytes);
  return { file, fileBytes, dataOffset, metadata, tensors };
}

function parseJson(file: string, bytes: Uint8Array): unknown {
  if (nestsDeeper(bytes, MAX_HEADER_DEPTH))
    throw fault(file, `its header nests deeper than ${MAX_HEADER_DEPTH} levels`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault(file, 'its header is not valid UTF-8');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fault(file, `its header is not valid JSON (${(error as Error).message})`);
  }
  const what = headerTextFault(text);
  if (what !== undefined) throw fault(file, what);
  return json;
}

function checkMetadata(file: string, value: unknown): Record<string, string> {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw fault(file, '__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw fault(
        file,
        `__metadata__ ${quote(key)} is ${text === null ? 'null' : typeof text}, a string was expected`,
      );
    }
  }
  return value as Record<string, string>;
}

function checkTensor(file: string, name: string, value: unknown, dataOffset: number): TensorEntry {
  const wrong = (what: string) => fault(file, `tensor ${quote(name)}: ${what}`);
  if (typeof value !== 'object' || value === null) throw wrong('its entry is not an object');
  const { dtype, shape, data_offsets: range } = value as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isDtype(dtype)) throw wrong(`unknown dtype ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape)) throw wrong('it has no shape');
  let bits = DTYPE_BITS[dtype] as number;
  for (const dim of shape as unknown[]) {
    if (typeof dim !== 'number' || !Number.isInteger(dim) || dim < 0) {
      throw wrong(`dimension ${JSON.stringify(dim)} is not a whole number`);
    }
    if (!Number.isSafeInteger(dim)) throw wrong(`dimension ${dim} is beyond 2^53`);
    bits *= dim;
    if (!Number.isSafeInteger(bits)) throw wrong(`its shape [${shape.join(', ')}] overflows`);
  }
  if (bits % 8 !== 0) throw wrong(`${dtype} [${shape.join(', ')}] does not fill whole bytes`);
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isSafeInteger)) {
    throw wrong('its data_offsets are not two whole numbers');
  }
  const [begin, end] = range as [number, number];
  if (begin < 0 || end < begin) throw wrong(`its data_offsets [${begin}, ${end}] run backwards`);
  if (end - begin !== bits / 8) {
    throw wrong(
      `${dtype} [${shape.join(', ')}] needs ${bits / 8} bytes, its data_offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape: shape as number[], offset: dataOffset + begin, bytes: end - begin };
}

/** The data of all tensors, sorted, must fill the file from the header to its end without gap or overlap. */
function checkTiling(
  file: string,
  tensors: readonly TensorEntry[],
  dataOffset: number,
  fileBytes: number,
): void {
  let expected = dataOffset;
  for (const { name, offset, bytes } of tensors) {
    if (offset > expected)
      throw fault(file, `${offset - expected} bytes before tensor ${quote(name)} belong to no tensor`);
    if (offset < expected)
      throw fault(file, `the data of tensor ${quote(name)} overlaps that of the tensor before it`);
    expected += bytes;
  }
  if (expected > fileBytes) {
    throw fault(
      file,
      `the file is truncated: it has ${fileBytes} bytes, its header describes ${expected}; ${CUT_OFF}`,
    );
  }
  if (expected < fileBytes) {
    throw fault(file, `the file is ${fileBytes - expected} bytes longer than its header describes`);
  }
}

/** The JSON of a header whose data begins at `dataOffset`. */
function headerJson(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly TensorEntry[],
  dataOffset: number,
): string {
  const entries = tensors.map(({ name, dtype, shape, offset, bytes }) => {
    const begin = offset - dataOffset;
    return [name, { dtype, shape, data_offsets: [begin, begin + bytes] }] as const;
  });
  // fromEntries: assigning a tensor named "__proto__" would set the object's prototype instead.
  return JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]));
}

/** Bytes of the JSON of a header for these tensors, given the offsets they have from the data's beginning. */
export const headerJsonBytes = (
  metadata: Readonly<Record<string, string>>,
  tensors: readonly TensorEntry[],
): number => Buffer.byteLength(headerJson(metadata, tensors, 0));

/** Serialises a header: JSON padded with spaces so that the data begins at `dataOffset` (a multiple of 8). */
export function serializeHeader(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly TensorEntry[],
  dataOffset: number,
): Uint8Array {
  const text = Buffer.from(headerJson(metadata, tensors, dataOffset));
  const length = dataOffset - LENGTH_BYTES;
  if (text.length > length)
    throw new Error(`header of ${text.length} bytes does not fit into the ${length} reserved`);
  const header = Buffer.alloc(dataOffset, ' ');
  header.writeBigUInt64LE(BigInt(length), 0);
  text.copy(header, LENGTH_BYTES);
  return header;
}

/** Where data may begin when the JSON of a header takes `jsonBytes`: 8-aligned, as the reference writer does. */
export const alignedDataOffset = (jsonBytes: number): number => LENGTH_BYTES + Math.ceil(jsonBytes / 8) * 8;

const fault = (file: string, what: string) => new UserError(`${file}: not a valid safetensors file: ${what}`);
