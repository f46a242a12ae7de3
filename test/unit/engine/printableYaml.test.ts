import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { printableYaml } from '../../../extension/engine/merge/output/printableYaml.ts';
import { printable } from '../../../extension/shared/printable.ts';

describe('YAML with hostile names', () => {
  const value = {
    'key\u202e': ['line\nbreak', '\x1b[31m', '\x9b1m', '\u{e0001}', 'tab\t', '\ufeff'],
    long: `${'word '.repeat(30)}\u200b${' word'.repeat(30)}`,
    plain: ['é', '\\u{1}', '日本', 'a: b', '- x', '# y', 'true', '1'],
  };
  const text = printableYaml(value);

  test('is the same value', () => expect(parse(text)).toEqual(value));
  test('has nothing in it that is not printable', () => {
    for (const line of text.split('\n')) expect(printable(line)).toBe(line);
  });
  test('leaves other text unquoted', () => {
    expect(printableYaml({ base_model: 'größe', n: 0.5 })).toBe('base_model: größe\nn: 0.5\n');
  });
});
