/** What a file really is if its content does not match its name, judged by how it begins. */

import { shortened } from '../shared/shortened.ts';

/** First bytes of a file that are enough to tell. */
export const FOREIGN_HEAD_BYTES = 512;

export const LFS_POINTER = 'a git-lfs pointer, not the file itself; run `git lfs pull` in its folder';

/** A pointer is a text of three lines (git-lfs, docs/spec.md). */
export const isLfsPointer = (head: Uint8Array): boolean =>
  /^(\xef\xbb\xbf)?version https:\/\/(git-lfs|hawser)/.test(latin1(head.subarray(0, 64)));

/** How formats begin, with what they are and a remedy. */
const FORMATS: readonly (readonly [magic: string, what: string])[] = [
  ['\x1f\x8b', 'compressed with gzip; decompress it first'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd; decompress it first'],
  ['\xfd7zXZ', 'compressed with xz; decompress it first'],
  ['BZh', 'compressed with bzip2; decompress it first'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive; unpack it first'],
  ['Rar!', 'a RAR archive; unpack it first'],
  ['\x89HDF', 'an HDF5 file (Keras) despite its name; save the weights as safetensors first'],
  ['\x93NUMPY', 'a NumPy file despite its name; save the weights as safetensors first'],
];
const PYTORCH = 'a PyTorch file despite its name';
const PICKLE = 'a Python pickle despite its name; save the weights with torch.save, or as safetensors';

/**
 * What the content is if it is not safetensors, with a remedy; undefined: nothing known.
 * @param head the first bytes, `FOREIGN_HEAD_BYTES` or the whole file
 */
export function foreignContent(head: Uint8Array): string | undefined {
  const format = otherFormat(head);
  if (format !== undefined) return format;
  if (head.length >= FOREIGN_HEAD_BYTES && head.every(byte => byte === 0))
    return 'it begins with nothing but zeros; was the download finished?';
  return head.length < 8 ? undefined : textContent(head);
}

/** A format recognised by its first bytes, with a remedy. */
export function otherFormat(head: Uint8Array): string | undefined {
  if (isLfsPointer(head)) return LFS_POINTER;
  if (startsWith(head, 'PK\x03\x04')) return zipContent(head);
  if (startsWith(head, 'PK\x05\x06')) return 'an empty zip archive';
  if (head[0] === 0x80 && (head[1] as number) >= 2 && (head[1] as number) <= 5) return PICKLE;
  const known = FORMATS.find(([magic]) => startsWith(head, magic));
  if (known) return known[1];
  return latin1(head.subarray(257, 262)) === 'ustar' ? 'a tar archive; unpack it first' : undefined;
}

function zipContent(head: Uint8Array): string {
  const text = latin1(head);
  if (/\/(data\.pkl|byteorder|version|\.format_version|\.data\/)/.test(text) || text.includes('data.pkl'))
    return PYTORCH;
  return text.includes('.npy')
    ? 'a NumPy archive (npz) despite its name; save the weights as safetensors first'
    : 'a zip archive; unpack it first';
}

export const DOWNLOAD_AGAIN = 'download the file again, signed in if necessary';

/** Web pages and server messages, saved instead of the file. */
function textContent(head: Uint8Array): string | undefined {
  const text = asText(head)?.trimStart();
  if (text === undefined) return undefined;
  const again = `not weights; ${DOWNLOAD_AGAIN}`;
  const page = markup(head);
  if (page !== undefined) return `${page}, ${again}`;
  const quoted = JSON.stringify(shortened(text.trimEnd(), 80));
  return `${/^[[{]/.test(text) ? 'a JSON text' : 'a text'} that begins with ${quoted}, ${again}`;
}

/** "a web page (HTML)"; undefined: it is not one. */
export const webPage = (head: Uint8Array): string | undefined =>
  /^\s*(<!--[^]*?-->\s*)?<(!doctype html|html|head|body)\b/i.test(asText(head) ?? '')
    ? 'a web page (HTML)'
    : undefined;

/** The same, or "an XML message (AccessDenied)", as storage servers send them. */
export function markup(head: Uint8Array): string | undefined {
  const text = asText(head)?.trimStart() ?? '';
  if (!text.startsWith('<')) return undefined;
  const code = /<Code>([\w.]+)<\/Code>/.exec(text)?.[1];
  return webPage(head) ?? `an XML message${code ? ` (${code})` : ''}`;
}

/** Share of a text's characters that may be control characters, such as terminal colours. */
const MAX_CONTROLS = 0.1;

/** undefined: not text in UTF-8, or in UTF-16 with a byte order mark. */
function asText(head: Uint8Array): string | undefined {
  const [a, b] = head;
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
  // streaming: the head may end within a character
  const text = new TextDecoder(encoding).decode(head, { stream: true });
  if (/[\0\ufffd]/.test(text)) return undefined;
  // oxlint-disable-next-line no-control-regex -- counts the control characters
  const controls = text.match(/[\x01-\x08\x0e-\x1f]/g)?.length ?? 0;
  return controls > MAX_CONTROLS * text.length ? undefined : text;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const startsWith = (head: Uint8Array, magic: string): boolean =>
  latin1(head.subarray(0, magic.length)) === magic;
