import { describe, expect, test } from 'vitest';
import { shareFor } from '../../../extension/engine/scheduler/memoryShare.ts';
import { parseBytes, parseTask, parseWhole } from '../../../extension/engine/cli/parse.ts';
import { table } from '../../../extension/engine/cli/terminal.ts';
import {
  formatBits,
  formatBytes,
  formatCount,
  formatPercent,
  formatSeconds,
} from '../../../extension/shared/format.ts';
import { parseQuantizeRecipe } from '../../../extension/protocol/recipeSchemas.ts';
import { QUANTIZE_OPTIONS } from '../../../extension/engine/cli/recipeOptions.ts';
import { groupBy } from '../../../extension/shared/groupBy.ts';
import { tensorKind } from '../../../extension/shared/tensorKind.ts';

const GIB = 2 ** 30;

describe('shareFor', () => {
  test('memory is shared among the threads', () => {
    const two = shareFor({ memory: GIB, threads: 2 }, 0);
    const one = shareFor({ memory: GIB, threads: 1 }, 0);
    expect(two.threads).toBe(2);
    expect(2 * two.arena).toBeLessThan(GIB);
    expect(one.arena).toBeGreaterThan(2 * two.arena);
  });
  test('fewer threads when one job needs more', () => {
    expect(shareFor({ memory: GIB, threads: 8 }, 300e6).threads).toBeLessThan(3);
  });
  test('never above what WebAssembly can address', () => {
    expect(shareFor({ memory: 64 * GIB, threads: 1 }, 0).arena).toBeLessThan(4 * GIB);
  });
  test('too little memory leaves nothing, and says so through the plan', () => {
    expect(shareFor({ memory: 1000, threads: 4 }, 0)).toEqual({ threads: 1, arena: 0 });
  });
});

describe('command-line values', () => {
  test.each([
    ['1GiB', GIB],
    ['500MB', 500e6],
    ['1.5 kB', 1500],
    ['42', 42],
  ])('%s is %d bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
  test.each(['', 'GB', '-1', '1 QB', '1e9'])('%j is no size', text =>
    expect(() => parseBytes(text)).toThrow('a size such as'),
  );
  test('tasks', () => {
    expect(parseTask('b=/x=y', [{ name: 'a', path: '/a' }])).toEqual([
      { name: 'a', path: '/a' },
      { name: 'b', path: '/x=y' },
    ]);
    for (const wrong of ['a', '=x', 'a=']) expect(() => parseTask(wrong)).toThrow('NAME=PATH');
  });
  test('whole numbers', () => {
    expect(parseWhole(1, 8)('8')).toBe(8);
    for (const wrong of ['0', '9', '2.5', 'x', ''])
      expect(() => parseWhole(1, 8)(wrong)).toThrow('from 1 to 8');
  });
});

test('tables align names left and numbers right', () => {
  expect(
    table(
      [
        ['task', 'bytes'],
        ['a', '7'],
        ['long name', '1234'],
      ],
      [1],
    ),
  ).toBe('task       bytes\na              7\nlong name   1234');
});

describe('numbers as people read them', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1_234_567, '1.23 MB'],
    [999_600, '1.00 MB'],
    [22.8e9, '22.8 GB'],
  ])('%d bytes: %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
  test('others', () => {
    expect(formatCount(303_966_208)).toBe('304 M');
    expect(formatCount(12)).toBe('12');
    expect(formatBits(2.3751)).toBe('2.38 bpw');
    expect(formatPercent(0.0801)).toBe('8.0 %');
    expect(formatSeconds(200)).toBe('3 min 20 s');
  });
});

describe('recipes', () => {
  const recipe = {
    kind: 'quantize',
    base: '/base',
    tasks: [{ name: 'a', path: '/a' }],
    output: '/o.tvq',
    scheme: 'tvq',
    bits: 3,
    baseBits: 3,
    keepRule: 'vectors',
    keep: [],
    overwrite: false,
  };
  test('a complete one passes', () => expect(parseQuantizeRecipe(recipe)).toEqual(recipe));
  test.each([
    [{ bits: 9 }, 'bits 9: bits must be 1 to 8'],
    [{ bits: 2.5 }, 'bits 2.5: bits must be a whole number'],
    [{ tasks: [] }, 'name at least one task'],
    [{ tasks: [{ name: '../x', path: '/a' }] }, 'tasks.0.name "../x": a task name has'],
    [{ tasks: [{ name: '@shared', path: '/a' }] }, 'a task name has'],
    [{ output: '/o.bin' }, 'output "/o.bin": the output must end in .tvq'],
    [{ output: '/o.bin', keep: ['('] }, /^output .*\nkeep\.0 "\(": not a valid/],
    [{ keep: ['('] }, 'not a valid regular expression'],
    [{ bitz: 3 }, 'bitz'],
  ])('%j is refused', (change, message) => {
    expect(() => parseQuantizeRecipe({ ...recipe, ...change })).toThrow(message);
  });
  test.each([
    [{ tasks: [{ name: 'a b', path: '/a' }] }, '--task name "a b": a task name has'],
    [{ output: 'q' }, '-o "q": the output must end in .tvq'],
    [{ weights: { tensors: { 'w.1': -1 } } }, '--weights-file w.1 -1: a weight must be 0 or more'],
    [{ rules: [{ tensors: '*', min: 40 }] }, '--floor 40: '],
  ])('%j is refused by the name of its option', (change, message) => {
    expect(() => parseQuantizeRecipe({ ...recipe, ...change }, QUANTIZE_OPTIONS)).toThrow(message);
  });
});

test('groupBy keeps the order of first appearance', () => {
  expect([...groupBy([3, 1, 4, 1, 5, 9], n => n % 2)]).toEqual([
    [1, [3, 1, 1, 5, 9]],
    [0, [4]],
  ]);
});

test.each([
  ['model.layers.0.self_attn.q_proj.weight', 'attention'],
  ['transformer.resblocks.3.attn.in_proj_weight', 'attention'],
  ['model.layers.0.mlp.down_proj.weight', 'mlp'],
  ['blocks.1.fc2.weight', 'mlp'],
  ['model.layers.0.input_layernorm.weight', 'norm'],
  ['ln_post.bias', 'norm'],
  ['blocks.0.fc1.bias', 'bias'],
  ['model.embed_tokens.weight', 'embedding'],
  ['pos', 'embedding'],
  ['lm_head.weight', 'head'],
  ['conv1.weight', 'convolution'],
  ['something', 'other'],
])('%s is of kind %s', (name, kind) => expect(tensorKind(name)).toBe(kind));
