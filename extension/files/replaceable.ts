/**
 * What an output may replace: only what is recognised as one of our own kinds (a model folder, a weights file, a .tvq
 * file) and contains nothing else. A typing error must not cost someone their home folder.
 */
import type { Stats } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../shared/printable.ts';
import { isFileOutput } from '../shared/outputForms.ts';
import { readUpTo } from './wholeCalls.ts';
import { describeSystemError, UserError } from '../shared/errors.ts';
import { hiddenKind, JOURNAL } from './hiddenNames.ts';
import { SAFETENSORS } from '../formats/safetensors/names.ts';
import { isTvq } from '../formats/tvq/names.ts';
import { isCompanion } from '../formats/huggingface/companionNames.ts';

/** An output is a folder with a model in it, or a single file. */
export type OutputKind = 'folder' | 'file';

/** What merges and extractions write beside weights. */
const WRITTEN = /^(readme(\.md)?|merge-(recipe\.yml|report\.json)|adapter_config\.json)$/i;
/** Which of several weight files a tensor is in. */
const INDEX = /^(.+?)\.index(\.\w+)?\.json$/i;
/** Text files, and those with a name that libraries look for. */
const TEXT = /\.(txt|json|py)$/;
const MODELS_TEXT =
  /(config|tokenizer|tokens|vocab|merges|bpe|dict|processor|template|modules|licen[cs]e|notice|policy)[\w.-]*\.(json|txt)$|(^|\/)(modeling|configuration|tokenization|processing|feature_extraction|image_processing)_\w+\.py$/i;
/** Files that file managers and git leave in any folder. */
const CLUTTER = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini', '.gitattributes']);

/**
 * @param target absolute; may or may not exist
 * @throws UserError when something is there that must not be replaced
 */
export async function checkReplaceable(target: string, kind: OutputKind): Promise<void> {
  const info = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw describeSystemError(error, target);
  });
  const why = info && (await obstacle(target, info, kind));
  if (why !== undefined) throw new UserError(`${target}: ${why}; it is not replaced, choose another output`);
}

async function obstacle(target: string, info: Stats, kind: OutputKind): Promise<string | undefined> {
  if (info.isSymbolicLink()) return 'is a link, which would be replaced instead of its target';
  if (kind === 'file') {
    if (info.isDirectory()) return 'is a folder, which a file would replace';
    if (!info.isFile()) return 'is a device, pipe or socket';
    const isOurs = isTvq(target) || isFileOutput(target) || (await beginsLikeSafetensors(target));
    return isOurs ? undefined : 'is neither a .tvq file nor a weights file';
  }
  if (!info.isDirectory()) return info.isFile() ? 'is a file, not a folder' : 'is a device, pipe or socket';
  return strangerIn(target);
}

/** What makes a folder more than a model; undefined if it is a model or empty. */
async function strangerIn(folder: string): Promise<string | undefined> {
  const found = await entriesOf(folder);
  if (found.length === 0) return undefined;
  if (found.some(name => name === '.git' || name === '.git/')) return 'is a git repository';
  const strangers = found.filter(name => !isOfModel(name));
  if (!found.some(isWeights)) return 'is not a model folder';
  const [first] = strangers;
  if (first === undefined) return undefined;
  const more = strangers.length > 1 ? ` and ${strangers.length - 1} more` : '';
  return `holds "${printable(first)}"${more}, which is not part of a model`;
}

/**
 * Stricter than what is copied as a companion: any text may go with weights, but only what clearly belongs to a model
 * may be deleted with them.
 */
const isOfModel = (name: string): boolean =>
  CLUTTER.has(name) ||
  WRITTEN.test(name) ||
  isWeights((INDEX.exec(name)?.[1] ?? name).toLowerCase()) ||
  (isCompanion(name) && (!TEXT.test(name) || MODELS_TEXT.test(name)));

/** Does not use extname: a folder's name ends with a slash. */
const isWeights = (name: string): boolean => !name.startsWith('.') && name.endsWith(SAFETENSORS);

/** Names relative to the folder, with slashes. An inner folder: its files if all are companions, else its name and a
 * slash. */
async function entriesOf(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isLeftover(name));
  const inner = await Promise.all(
    entries.map(async entry => {
      if (!entry.isDirectory()) return [isFileLike(entry) ? entry.name : `${entry.name}/`];
      const names = await readdir(join(folder, entry.name), { withFileTypes: true });
      const parts = names.map(one => `${entry.name}/${one.name}${isFileLike(one) ? '' : '/'}`);
      // Empty folders, and folders that no model has, are listed themselves.
      return parts.length > 0 && parts.every(isCompanion) ? parts : [`${entry.name}/`];
    }),
  );
  return inner.flat();
}

/** Files left by a run that ended early; not those that a later run can continue or put back. */
const isLeftover = (name: string): boolean =>
  name === JOURNAL || ['lock', 'tmp'].includes(hiddenKind(name) ?? '');

/** Files and links to files; nothing else is part of a model. */
const isFileLike = (entry: { isFile(): boolean; isSymbolicLink(): boolean }): boolean =>
  entry.isFile() || entry.isSymbolicLink();

/** An eight-byte length and a JSON object; or an empty file. */
async function beginsLikeSafetensors(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(9);
    const bytesRead = await readUpTo(handle, buffer, 0);
    return bytesRead === 0 || (bytesRead === 9 && buffer.readUInt32LE(4) === 0 && buffer[8] === 0x7b);
  } finally {
    await handle.close();
  }
}
