/** Reads what a GGUF file says about its tensors, named and shaped as in the Hugging Face model it was made from. */
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stampFrom } from '../../files/fileStamp.ts';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { FOREIGN_HEAD_BYTES, foreignContent } from '../foreignContent.ts';
import { readExactly } from '../readExactly.ts';
import { openRegular } from '../regularFile.ts';
import { MAX_HEADER_BYTES, type Allowance } from '../safetensors/headerRoom.ts';
import type { WeightHeader } from '../weightFormat.ts';
import { Cursor, HeaderGoesOn } from './cursor.ts';
import { parseGguf, parseMetadata, type GgufHeader } from './header.ts';
import { isGguf } from './magic.ts';
import { textOf, type GgufMetadata } from './metadata.ts';
import { modelTensors } from './modelTensors.ts';
import { notModel } from './notModel.ts';

/** Bytes that are read of a header, each time it goes on: vocabularies make it long, and its length is not stated. */
const STEPS = [64 << 10, 1 << 20, 8 << 20, 32 << 20, MAX_HEADER_BYTES];

/**
 * Reads and checks a file's header.
 * @param allowance of the model that the file is a part of
 * @throws UserError naming the file and the fault
 */
export async function readGgufHeader(file: string, allowance: Allowance): Promise<WeightHeader> {
  const { handle, info } = await openRegular(file);
  try {
    const stamp = stampFrom(file, info);
    const fileBytes = stamp.bytes;
    const header = await parseStart(handle, file, fileBytes, allowance, cursor =>
      parseGguf(cursor, fileBytes),
    );
    const facts = await modelFacts(file, header, allowance);
    const fault = notModel(facts, header.tensors.length);
    if (fault !== undefined) throw new UserError(`${file}: ${fault}`);
    return { file, fileBytes, metadata: textsOf(facts), ...modelTensors(file, header.tensors, facts), stamp };
  } catch (error) {
    throw describeSystemError(error, file);
  } finally {
    await handle.close();
  }
}

/** Parses the beginning of a file, of which more is read as long as it goes on. */
async function parseStart<T>(
  handle: FileHandle,
  file: string,
  fileBytes: number,
  allowance: Allowance,
  parse: (cursor: Cursor) => T,
): Promise<T> {
  await checkMagic(handle, file, fileBytes);
  let taken = 0;
  for (const step of STEPS) {
    const length = Math.min(step, fileBytes);
    allowance.take(file, length - taken);
    taken = length;
    const parsed = await allowance.room.with(length, async () => {
      const bytes = new Uint8Array(length);
      await readExactly(handle, bytes, 0, file);
      return parseUpTo(() => parse(new Cursor(file, bytes, fileBytes)));
    });
    if (!(parsed instanceof HeaderGoesOn)) return parsed;
  }
  throw new UserError(
    `${file}: its header has more than ${MAX_HEADER_BYTES} bytes, which no model needs; convert the model again`,
  );
}

function parseUpTo<T>(parse: () => T): T | HeaderGoesOn {
  try {
    return parse();
  } catch (error) {
    if (error instanceof HeaderGoesOn) return error;
    throw error;
  }
}

async function checkMagic(handle: FileHandle, file: string, fileBytes: number): Promise<void> {
  const head = new Uint8Array(Math.min(fileBytes, FOREIGN_HEAD_BYTES));
  await readExactly(handle, head, 0, file);
  if (isGguf(head)) return;
  if (fileBytes === 0) throw new UserError(`${file}: the file is empty; was the download finished?`);
  throw new UserError(
    `${file}: ${foreignContent(head) ?? 'not a valid GGUF file: it does not begin with "GGUF"'}`,
  );
}

/**
 * A model in several files describes itself in the first (llama.cpp, tools/gguf-split). Of that, no more is read than how
 * tensors are stored: the vocabulary comes later, and is long.
 */
async function modelFacts(
  file: string,
  { metadata }: GgufHeader,
  allowance: Allowance,
): Promise<GgufMetadata> {
  const number = metadata.get('split.no');
  if (metadata.has('general.architecture') || number === undefined || number === 0) return metadata;
  const first = join(
    dirname(file),
    basename(file).replace(/\d+(?=-of-\d+\.gguf$)/, digits => '1'.padStart(digits.length, '0')),
  );
  const { handle, info } = await openRegular(first);
  try {
    const facts = await parseStart(
      handle,
      first,
      Number(info.size),
      allowance,
      cursor => parseMetadata(cursor, tellsHeads).metadata,
    );
    return new Map([...facts, ...metadata]);
  } finally {
    await handle.close();
  }
}

function tellsHeads(metadata: GgufMetadata): boolean {
  const key = `${textOf(metadata, 'general.architecture')}.attention.head_count`;
  return metadata.has(key) && metadata.has(`${key}_kv`);
}

/** How it is stored, which says nothing about a model made from it. */
const STORAGE = new Set([
  'general.file_type',
  'general.quantization_version',
  'general.alignment',
  'general.type',
]);

/** What the model says about itself, but not about its vocabulary. */
const textsOf = (metadata: GgufMetadata): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...metadata.keys()]
      .filter(key => key.startsWith('general.') && !STORAGE.has(key))
      .flatMap(key => {
        const text = textOf(metadata, key) ?? metadata.get(key)?.toString();
        return text === undefined ? [] : [[key, text]];
      }),
  );
