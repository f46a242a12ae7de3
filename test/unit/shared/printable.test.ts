import { describe, expect, test } from 'vitest';
import { printable, printableJson, printableLines, shown } from '../../../extension/shared/printable.ts';

describe('what is not printable is escaped', () => {
  test.each([
    ['C0', '\0\x07\x1b[31mred\x1b[0m\r\n\t', '\\x00\\x07\\x1b[31mred\\x1b[0m\\r\\n\\t'],
    ['DEL and C1', '\x7f\x85\x9b31m', '\\x7f\\x85\\x9b31m'],
    ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    [
      'marks of direction',
      '\u061c\u200e\u200f\u202a\u202e\u2066\u2069',
      '\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069',
    ],
    [
      'what no font draws',
      'a\u00ad\u200b\u2060\ufeffb\u3164',
      'a\\u00ad\\u200b\\u2060\\ufeffb\\u3164'.replace('\\u00ad', '\\xad'),
    ],
    ['hidden tags', 'a\u{e0001}\u{e0041}', 'a\\u{e0001}\\u{e0041}'],
    ['half a pair', '\ud83d \ude00', '\\ud83d \\ude00'],
    ['what is no character', '\ufffe\uffff\u{1ffff}', '\\ufffe\\uffff\\u{1ffff}'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });
});

test.each([
  'model.layers.0.self_attn.q_proj.weight',
  'C:\\models\\größe — naïve “café”',
  '日本語 한국어 中文　全角',
  'مرحبا بالعالم שלום עולם',
  'می‌خواهم क्‍ष', // joiners and non-joiners are part of the spelling
  '👩‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪 👍🏽 𝛕',
  'no\u00a0break, e\u0301 combined',
])('%s stays as it is', text => expect(printable(text)).toBe(text));

test('lines of a text stay lines', () => {
  expect(printableLines('a\r\n\tb\x1b[2J\nc\u202e\rd')).toBe('a\n\tb\\x1b[2J\nc\\u202e\\rd');
});

test('JSON stays the same value', () => {
  const value = { 'a\x9b\u202e': ['\x1b[31m\n', '\u{e0001}', '\ud800', 'é 👍🏽'], n: 1 };
  const text = printableJson(value, 2);
  expect(JSON.parse(text)).toEqual(value);
  expect(text.split('\n').map(printable).join('\n')).toBe(text);
  expect(text).toContain('é 👍🏽');
});

test.each([
  ['model 24.7 k', 'model 24.7 k'],
  ['מודל: 24.7 k', '\u2068מודל\u2069: 24.7 k'],
  ['Wrote מודל חדש-2-ישן.tvq', 'Wrote \u2068מודל חדש-2-ישן\u2069.tvq'],
  ['مودل/فرعي, قديم', '\u2068مودل\u2069/\u2068فرعي\u2069, \u2068قديم\u2069'],
  ['שָׁלוֹם \u202e', '\u2068שָׁלוֹם\u2069 \\u202e'],
])('%s is shown in the order in which it is written', (text, isolated) => expect(shown(text)).toBe(isolated));
