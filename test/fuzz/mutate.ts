/** Mutations of texts, of the JSON in them, and of bytes. */
import { jsonTokens } from '../../extension/formats/json/jsonText.ts';
import type { Random } from './random.ts';

/** Numbers at the edges of what readers expect. */
const NUMBERS = (
  '0 1 -1 -0 1.5 16.0 1e1 1e400 -1e400 1e-400 255 256 65535 2147483647 2147483648 4294967295 4294967296 ' +
  '9007199254740991 9007199254740992 18446744073709551615 18446744073709551616 NaN Infinity -Infinity 00 0x1'
).split(' ');
const STRINGS = [
  ...[
    '""',
    '"a"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"__metadata__"',
    '"\\ud800"',
    '"\\u0000"',
    '"../../x"',
  ],
  ...[
    '"/etc/passwd"',
    '"CON"',
    '"a\\nb"',
    '"\u202e"',
    '"é"',
    '"e\u0301"',
    '"😀"',
    '"F32"',
    '"BF16"',
    '"U8"',
    '"I4"',
  ],
  `"${'x'.repeat(2000)}"`,
];
const OTHERS = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[[]]',
  '{"a":{}}',
  '[null]',
  '[{}]',
  '{"":[]}',
  '.',
  "'",
  '"',
];
const PUNCTUATION = [
  ...'{}[],:"',
  ' ',
  '\n',
  '\t',
  '\0',
  '\ufeff',
  '#',
  '- ',
  '&a ',
  '*a',
  '!!js ',
  '| ',
  '<<: ',
];

const value = (random: Random): string =>
  random.pick([NUMBERS, STRINGS, OTHERS][random.below(3)] as string[]);
const deep = (random: Random): string => {
  const depth = random.pick([3, 5, 70, 200, 5000]);
  return random.chance(0.5)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
};

/** A text with some of its tokens replaced, repeated, swapped, taken out, or put elsewhere. */
export function mutateText(text: string, random: Random): string {
  let result = text;
  for (let times = 1 + random.below(3); times > 0; times--) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(text: string, random: Random): string {
  const tokens = [...jsonTokens(text)];
  const [, start, end] = random.pick(tokens) ?? ['', 0, 0];
  const [, otherStart, otherEnd] = random.pick(tokens) ?? ['', 0, 0];
  const [from, to] = [Math.min(start, otherStart), Math.max(end, otherEnd)];
  const put = (piece: string, at = start, until = end) => text.slice(0, at) + piece + text.slice(until);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return put(value(random));
    case 3:
      return put(text.slice(otherStart, otherEnd));
    case 4:
      return put(text.slice(from, to).slice(0, 5000), start, start); // duplicates a part
    case 5:
      return put('', from, to);
    case 6:
      return put(deep(random));
    case 7:
      return text.slice(0, random.below(text.length + 1));
    case 8:
      return put(random.pick(PUNCTUATION), start, start);
    case 9:
      return put(`${text.slice(start, end)}:${value(random)},${text.slice(start, end)}`);
    case 10:
      return put('"k"'.repeat(random.below(3)) + ',' + value(random) + ',', end, end);
    default:
      return bytesAsText(mutateBytes(Buffer.from(text), random));
  }
}

const bytesAsText = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Bytes with some changed, taken out, put in or moved. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length + 1);
  const length = random.below(Math.min(64, copy.length - at) + 1);
  switch (random.below(5)) {
    case 0:
      if (copy.length > 0) copy[at % copy.length]! ^= 1 << random.below(8);
      return copy;
    case 1:
      return copy.fill(random.pick([0, 0xff, 0x7f, 0x20]), at, at + length);
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + length), copy.subarray(at)]);
    default:
      return copy.subarray(0, at);
  }
}

/** Occasionally puts the text into another encoding. */
export function encoded(text: string, random: Random): Uint8Array {
  if (!random.chance(0.03)) return Buffer.from(text);
  return random.pick([
    Buffer.from(`\ufeff${text}`),
    Buffer.from(`\ufeff${text}`, 'utf16le'),
    Buffer.from(text, 'latin1'),
  ]);
}
