/** Files beside the weights whose content does not match their names: pointers, web pages, invalid JSON. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeSystemError } from '../../shared/errors.ts';
import { listed } from '../../shared/listed.ts';
import { printable } from '../../shared/printable.ts';
import { MAX_CONFIG_LENGTH } from './configFile.ts';
import {
  DOWNLOAD_AGAIN,
  FOREIGN_HEAD_BYTES,
  isLfsPointer,
  LFS_POINTER,
  markup,
  otherFormat,
  webPage,
} from '../foreignContent.ts';
import { readExactly } from '../readExactly.ts';
import { isObject, readPythonJson } from '../json/jsonText.ts';
import { openRegular, readRegular } from '../regularFile.ts';
import { decodeText } from '../smallFile.ts';
import type { WeightFolder } from './weightFolder.ts';

export interface UnreadableFiles {
  /** Relative to the folder. */
  readonly names: readonly string[];
  /** The file or folder, what it really is, and the remedy. */
  readonly message: string;
}

/** Configs, tokenizers, vocabularies, templates; not indexes of weights, which are read with the weights. */
const SMALL_FILE = /(?<!\.index(\.[\w-]+)?)\.(json|txt|model|jinja|tiktoken)$/;

/** What loaders read as a JSON object; an adapter's config says nothing about the weights beside it. */
const JSON_OBJECT =
  /^(?!adapter_)([\w-]+_)?config\.json$|^(tokenizer|special_tokens_map|added_tokens|vocab|chat_template)\.json$/;

/** A model has about ten such files; a data set beside one may have thousands. */
const MAX_FILES = 1000;

/** Files up to this size are read whole, as configs are; of larger ones, such as tokenizers, only both ends. */
const MAX_PARSED = 2 << 20;
/** Total read whole per folder; of further files, only both ends. */
const MAX_PARSED_TOTAL = 32 << 20;
const TAIL_BYTES = 64;
const MAX_SHOWN = 80;

const NOT_THE_FILE = `not the file itself; ${DOWNLOAD_AGAIN}`;

/** What is wrong with the files beside a folder's weights, one line per file, all pointers in one. */
export async function unreadableFiles({ path, names }: WeightFolder): Promise<UnreadableFiles[]> {
  const found: UnreadableFiles[] = [];
  const pointers: string[] = [];
  const room = { left: MAX_PARSED_TOTAL };
  // one after another: many folders are read at once
  for (const name of names.filter(one => SMALL_FILE.test(one)).slice(0, MAX_FILES)) {
    const fault = await faultOf(join(path, name), room);
    if (fault === LFS_POINTER) pointers.push(name);
    else if (fault !== undefined) found.push({ names: [name], message: `${join(path, name)}: ${fault}` });
  }
  const [first, second] = pointers;
  if (first !== undefined)
    found.push({
      names: pointers,
      message:
        second === undefined
          ? `${join(path, first)}: ${LFS_POINTER}`
          : `${path}: ${listed(pointers)} are git-lfs pointers, not the files themselves; run \`git lfs pull\` there`,
    });
  return found.map(one => ({ ...one, message: printable(one.message) }));
}

async function faultOf(file: string, room: { left: number }): Promise<string | undefined> {
  try {
    if ((await stat(file).catch(() => undefined))?.isDirectory()) return undefined; // a link to a folder
    const isJson = JSON_OBJECT.test(basename(file));
    const { size, head, tail } = await readEnds(file);
    if (isLfsPointer(head)) return LFS_POINTER;
    const page = isJson ? markup(head) : webPage(head); // vocabularies may begin with <pad>
    if (page !== undefined) return `${page}, ${NOT_THE_FILE}`;
    if (!isJson) return undefined;
    if (head.every(byte => byte === 0))
      return `the file ${size === 0 ? 'is empty' : 'begins with nothing but zeros'}; was the download finished?`;
    const foreign = otherFormat(head);
    if (foreign !== undefined) return foreign;
    const isConfig = basename(file) === 'config.json';
    if (size <= (isConfig ? MAX_CONFIG_LENGTH : Math.min(MAX_PARSED, room.left))) {
      room.left -= size;
      return jsonFault(await readRegular(file, MAX_CONFIG_LENGTH));
    }
    if (isConfig) return `it has ${size} bytes, a config at most ${MAX_CONFIG_LENGTH}`;
    const ends = Buffer.from(tail).toString('latin1').trimEnd().endsWith('}');
    return ends ? undefined : 'it is cut off before the end of its JSON; was the download finished?';
  } catch (error) {
    return describeSystemError(error, file).message.replace(`${printable(file)}: `, '');
  }
}

/** The size of a file, its first and its last bytes. */
async function readEnds(
  file: string,
): Promise<{ readonly size: number; readonly head: Uint8Array; readonly tail: Uint8Array }> {
  const { handle, info } = await openRegular(file);
  const size = Number(info.size);
  const head = new Uint8Array(Math.min(size, FOREIGN_HEAD_BYTES));
  const tail = new Uint8Array(Math.min(size, TAIL_BYTES));
  try {
    await readExactly(handle, head, 0, file);
    await readExactly(handle, tail, size - tail.length, file);
  } finally {
    await handle.close();
  }
  return { size, head, tail };
}

function jsonFault(bytes: Uint8Array): string | undefined {
  const text = decodeText(bytes);
  if (typeof text !== 'string') return text.wrong;
  const read = readPythonJson(text);
  if ('wrong' in read) return `${read.wrong}; correct it, or ${DOWNLOAD_AGAIN}`;
  if (!isObject(read.value)) return `it is not a JSON object; ${DOWNLOAD_AGAIN}`;
  const { error } = read.value;
  if (typeof error !== 'string') return undefined;
  return `a server's message (${JSON.stringify(error.slice(0, MAX_SHOWN))}), ${NOT_THE_FILE}`;
}
