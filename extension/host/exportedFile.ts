/** Checks what a page wants to save: it is less trusted than the host. */
import type { ExportedFile } from '../protocol/exports.ts';

/** Characters of a message's data: a table of a hundred thousand rows, or a picture of any screen. */
export const MAX_EXPORT = 64 * 2 ** 20;
const KINDS: readonly ExportedFile['kind'][] = ['png', 'svg', 'csv'];
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Returns the file with only known fields, or throws naming the one that is wrong. */
export function checkExport(value: unknown): ExportedFile {
  if (typeof value !== 'object' || value === null) throw new Error('The file to save is not an object.');
  const { name, kind, data } = value as Partial<Record<keyof ExportedFile, unknown>>;
  const known = KINDS.find(candidate => candidate === kind);
  if (known === undefined) throw refused('kind');
  // No folders: the name only goes into a dialog, but there, too, it must not lead elsewhere.
  if (typeof name !== 'string' || !/^[\p{L}\p{N}_. -]{1,100}$/u.test(name) || !name.endsWith(`.${known}`))
    throw refused('name');
  if (typeof data !== 'string' || data.length > MAX_EXPORT) throw refused('data');
  const file = { name, kind: known, data };
  if (known === 'png' && !exportBytes(file).subarray(0, 8).equals(PNG_SIGNATURE)) throw refused('data');
  return file;
}

/** The bytes to write. */
export const exportBytes = ({ kind, data }: ExportedFile): Buffer =>
  Buffer.from(data, kind === 'png' ? 'base64' : 'utf8');

const refused = (field: string): Error => new Error(`The "${field}" of the file to save is not valid.`);
