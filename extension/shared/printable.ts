/**
 * Makes text of unknown origin safe to show: names, paths, metadata and config values come from files that anyone can
 * write, and terminals, logs and pages obey control characters. Applied where text is output, not where messages are
 * made, so that no message can forget it; escaped text is left unchanged.
 */

/**
 * Line breaks and other controls (C0, DEL, C1), marks that change the writing direction, invisible characters, and
 * halves of surrogate pairs. Emoji and several scripts need joiners and variation selectors, and flags of regions need
 * tags: they are kept.
 */
const UNPRINTABLE =
  /(?![\u200c\u200d\p{VS}]|(?<=\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0020}-\u{e007f}])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_C}\p{DI}\p{NChar}\ufff9-\ufffb]/gu;

/** C's familiar escapes. */
const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code > 0xffff) return `\\u{${hex(code, 1)}}`;
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

/** The text on one line, with escapes (`\n`, `\x1b`, `\u202e`) for what is invisible or would be obeyed. */
export const printable = (text: string): string => escapeUnprintable(text, escaped);

/** Letters of right-to-left scripts. */
const RIGHT_TO_LEFT =
  '[\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{Script=Adlam}]';

/** A name in such letters, with what joins its words, but not what separates names (commas, colons, slashes). */
const NAME_TO_THE_LEFT = new RegExp(
  `${RIGHT_TO_LEFT}\\p{M}*(?:[\\s\\p{N}._()\\p{Join_C}-]*${RIGHT_TO_LEFT}\\p{M}*)*`,
  'gu',
);

/**
 * Isolates right-to-left names, so that they do not reorder what is beside them, such as a size. To be applied last, to
 * printable text, as the marks are not printable themselves.
 */
export const isolated = (text: string): string => text.replace(NAME_TO_THE_LEFT, '\u2068$&\u2069');

/** Text for display: printable, with names isolated. */
export const shown = (text: string): string => isolated(printable(text));

/** Like `printable`, with another language's escapes. */
export const escapeUnprintable = (text: string, escape: (character: string) => string): string =>
  text.replace(UNPRINTABLE, escape);

/** Like `printable`, but keeps the text's own lines and tabs: for stack traces and documents. */
export const printableLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map(line => line.split('\t').map(printable).join('\t'))
    .join('\n');

/** JSON of the same value whose text is printable too; `JSON.stringify` does not escape C1 and direction marks. */
export const printableJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null')
    .split('\n') // outside strings; those within are escaped
    .map(line => escapeUnprintable(line, utf16Escapes))
    .join('\n');

const utf16Escapes = (character: string): string =>
  [...Array(character.length).keys()].map(i => `\\u${hex(character.charCodeAt(i), 4)}`).join('');
