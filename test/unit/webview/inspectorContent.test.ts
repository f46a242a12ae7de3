import { describe, expect, test } from 'vitest';
import { groupChart } from '../../../webview/inspector/groupChart.ts';
import { schemeText } from '../../../webview/inspector/summary.ts';
import { vectorLines } from '../../../webview/inspector/taskList.ts';
import { sampleSummary } from './harness/sampleFile.ts';

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

describe('groupChart', () => {
  test('puts the largest first and leaves empty kinds out', () => {
    const { table, summary } = groupChart([
      { group: 'norm', codes: 0, exact: 4000 },
      { group: 'other', codes: 0, exact: 0 },
      { group: 'mlp', codes: 90_000, exact: 6000 },
    ]);
    expect(table.rows).toEqual([
      ['MLP', '90.0 kB', '6.00 kB', '96.0 %'],
      ['norms', '0 B', '4.00 kB', '4.0 %'],
    ]);
    expect(summary).toBe('Bytes by tensor group: MLP 96.0 kB, norms 4.00 kB');
  });
});
