import { describe, expect, test } from 'vitest';
import { bytesChart } from '../../../webview/inspector/bytesChart.ts';
import { recipeLines } from '../../../webview/inspector/provenance.ts';
import { codesChart, entropyOf, mapChart, valuesChart } from '../../../webview/inspector/tensorCharts.ts';
import { formatCosine, taskMatrix } from '../../../webview/common/taskMatrix.ts';
import { schemeText } from '../../../webview/inspector/summary.ts';
import { vectorLines } from '../../../webview/inspector/taskList.ts';
import { bitsText } from '../../../webview/inspector/tensorColumns.ts';
import { sampleComparisons, sampleDetail, sampleSummary } from '../../pages/harness/sampleFile.ts';

describe('schemeText', () => {
  test.each([
    ['rtvq', 2, 3, 'RTVQ B3O2', '3-bit shared base, 2-bit offsets'],
    ['tvq', 4, undefined, 'TVQ INT4', '4-bit task vectors'],
    ['fq', 8, undefined, 'FQ INT8', '8-bit whole checkpoints'],
  ] as const)('%s', (scheme, bits, baseBits, name, meaning) => {
    expect(schemeText({ scheme, bits, baseBits })).toEqual({ name, meaning });
  });
});

describe('vectorLines', () => {
  const summary = sampleSummary(0);

  test('ends with the shared base of RTVQ', () => {
    const lines = vectorLines(summary);
    expect(lines).toHaveLength(9);
    const { codes, exact } = summary.parts;
    expect(lines.reduce((sum, line) => sum + line.bytes, 0)).toBe(codes + exact);
    expect(lines.at(-1)).toMatchObject({ label: 'shared base', search: '@shared', bits: 3 });
  });

  test('are the tasks alone in other schemes', () => {
    expect(vectorLines({ ...summary, shared: undefined }).map(line => line.label)).toEqual(
      summary.tasks.map(task => task.name),
    );
  });
});

describe('bitsText', () => {
  test.each([
    ['affine', 4, '4'],
    ['entropy', 1.4, '1.40'],
    ['exact', undefined, '–'],
  ])('%s: %s', (codec, bits, expected) => {
    expect(bitsText({ codec, bits })).toBe(expected);
  });
});

describe('bytesChart', () => {
  const summary = {
    groups: [
      { group: 'mlp', codes: 90_000, exact: 6000 },
      { group: 'norm', codes: 0, exact: 4000 },
      { group: 'other', codes: 0, exact: 0 },
    ],
    layers: [
      { group: '0', codes: 90_000, exact: 0 },
      { group: '12', codes: 5000, exact: 0 },
      { group: 'outside', codes: 0, exact: 5000 },
    ],
    codecs: [
      { group: 'affine 3', codes: 90_000, exact: 0 },
      { group: 'exact', codes: 0, exact: 10_000 },
    ],
  };

  test('by kind leaves empty kinds out', () => {
    const { table, summary: words } = bytesChart(summary, 'kind');
    expect(table.rows).toEqual([
      ['MLP', '90.0 kB', '6.00 kB', '96.0 %'],
      ['norms', '0 B', '4.00 kB', '4.0 %'],
    ]);
    expect(words).toBe('Bytes by kind: MLP 96.0 kB, norms 4.00 kB');
  });

  test.each([
    ['layer', ['layer 0', 'layer 12', 'outside layers']],
    ['codec', ['affine, 3-bit', 'exact']],
  ] as const)('by %s', (by, labels) => {
    expect(bytesChart(summary, by).table.rows.map(([label]) => label)).toEqual(labels);
  });
});

describe('recipeLines', () => {
  test('have the way to each value, and lists on one line', () => {
    const recipe = { bits: 3, keep: ['a', 'b'], tasks: [{ name: 'x', path: 'y' }], none: null, empty: [] };
    expect(recipeLines(recipe)).toEqual([
      ['bits', '3'],
      ['keep', 'a, b'],
      ['tasks.0.name', 'x'],
      ['tasks.0.path', 'y'],
    ]);
  });

  test.each([
    [undefined, []],
    [7, [['recipe', '7']]],
    ['a', [['recipe', 'a']]],
    [{}, []],
  ])('%j', (recipe, lines) => {
    expect(recipeLines(recipe)).toEqual(lines);
  });
});

describe('a tensor in charts', () => {
  const { codes, values } = sampleDetail('cars', 'weight');

  test('codes from the first that occurs', () => {
    const { table, summary } = codesChart({ from: 3, to: 6, counts: [1, 6, 1] });
    expect(table.rows).toEqual([
      ['3', '1', '12.5 %'],
      ['4', '6', '75.0 %'],
      ['5', '1', '12.5 %'],
    ]);
    expect(summary).toContain('the most common is 4, 75.0 % of all; 1.06 bits of information');
    expect(entropyOf({ from: 0, to: 1, counts: [5] })).toBeCloseTo(0);
    expect(codes && codesChart(codes).table.rows).toHaveLength(16);
  });

  test('values bin by bin', () => {
    const { table } = valuesChart(values!);
    expect(table.rows).toHaveLength(64);
    expect(table.rows[0]![0]).toBe('-0.004 to -0.00388');
  });

  test('a map names the rows and columns of its cells', () => {
    const { table } = mapChart(values!.map, 'max');
    expect(table.columns.slice(0, 2)).toEqual(['rows', 'columns 0–3']);
    expect(table.rows.at(-1)![0]).toBe('252–255');
    expect(table.rows).toHaveLength(64);
  });
});

describe('taskMatrix', () => {
  test('has every pair as text', () => {
    const { table } = taskMatrix(sampleComparisons(undefined), 'agreement');
    expect(table.rows).toHaveLength(8);
    expect(table.rows[0]!.slice(0, 2)).toEqual(['cars', '100.0 %']);
  });

  test('cosines have a real minus sign, and no negative zero', () => {
    expect([0.5, -0.25, -0.001, null].map(formatCosine)).toEqual(['0.50', '−0.25', '0.00', '–']);
  });
});
