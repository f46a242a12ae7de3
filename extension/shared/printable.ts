/**
 * Text of unknown origin made fit to be shown: names, paths, metadata and config values come out of files that anyone
 * can write, and in a terminal, a log or a page a control character is an order. Applied where text leaves for a
 * person, not where messages are made, so that no message can forget it; text that was escaped stays as it is.
 */

/**
 * Line breaks and other controls (C0, DEL, C1), marks that turn the direction of writing, what no font draws, and
 * halves of surrogate pairs. Emoji and several scripts are written with joiners and variation selectors, and the flags
 * of regions with tags: they stay.
 */
const UNPRINTABLE =
  /(?![\u200c\u200d\p{VS}]|(?<=\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0020}-\u{e007f}])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_C}\p{DI}\p{NChar}\ufff9-\ufffb]/gu;

/** The escapes of C that people know by heart. */
const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code > 0xffff) return `\\u{${hex(code, 1)}}`;
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

/** The text on one line, with escapes (`\n`, `\x1b`, `\u202e`) for what cannot be seen or would be obeyed. */
export const printable = (text: string): string => escapeUnprintable(text, escaped);

/** Letters of scripts that are written from right to left. */
const RIGHT_TO_LEFT =
  '[\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{Script=Adlam}]';

/** A name of such letters, with what joins its words; not what stands between names (commas, colons, slashes). */
const NAME_TO_THE_LEFT = new RegExp(
  `${RIGHT_TO_LEFT}\\p{M}*(?:[\\s\\p{N}._()\\p{Join_C}-]*${RIGHT_TO_LEFT}\\p{M}*)*`,
  'gu',
);

/**
 * Names written from right to left do not turn the order of what stands beside them, such as a size: each is isolated.
 * For printable text on its last step to a person, as the marks are not printable themselves.
 */
export const isolated = (text: string): string => text.replace(NAME_TO_THE_LEFT, '\u2068$&\u2069');

/** Text for a person: printable, with names isolated. */
export const shown = (text: string): string => isolated(printable(text));

/** As `printable`, in the escapes of another language. */
export const escapeUnprintable = (text: string, escape: (character: string) => string): string =>
  text.replace(UNPRINTABLE, escape);

/** As `printable`, but the text's own lines and tabs stay: for stack traces and documents. */
export const printableLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map(line => line.split('\t').map(printable).join('\t'))
    .join('\n');

/** JSON of the same value whose text is printable too; `JSON.stringify` leaves C1 and marks of direction as they are. */
export const printableJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null')
    .split('\n') // outside of strings; those within are escaped
    .map(line => escapeUnprintable(line, utf16Escapes))
    .join('\n');

const utf16Escapes = (character: string): string =>
  [...Array(character.length).keys()].map(i => `\\u${hex(character.charCodeAt(i), 4)}`).join('');
