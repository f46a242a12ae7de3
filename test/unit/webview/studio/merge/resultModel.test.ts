/** Results as rows and as small charts. */
import { describe, expect, it } from 'vitest';
import { layerPanels, metricPanels } from '../../../../../webview/studio/merge/layerModel.ts';
import { mergeStyles } from '../../../../../webview/studio/merge/mergeStyle.ts';
import { formatNumber, formatSeconds, formatSigned } from '../../../../../webview/studio/merge/numbers.ts';
import {
  resultGroups,
  resultsCsv,
  shownMerges,
  toggleSelected,
  type ResultGroup,
} from '../../../../../webview/studio/merge/resultModel.ts';
import { percentOf, previewOf } from '../../../../../webview/studio/merge/runModel.ts';
import { LAYERS, MERGES, METHODS, sampleMerge, TASKS } from '../../../../pages/studio/merge/samples.ts';

const rowOf = (groups: readonly ResultGroup[], label: string) => {
  const row = groups.flatMap(({ rows }) => rows).find(one => one.label === label);
  if (row === undefined) throw new Error(`there is no row ${label}`);
  return row;
};
const texts = (groups: readonly ResultGroup[], label: string) =>
  rowOf(groups, label).cells.map(({ text }) => text);
const [arithmetic, ties] = MERGES;

describe('the table', () => {
  const groups = resultGroups(MERGES, METHODS);

  it('has a column a merge, and a row for everything that some merge has', () => {
    expect(groups.map(({ title }) => title)).toEqual([
      'Merge',
      'Parameters',
      'Result',
      'Cosine to each task',
      'Evaluation',
    ]);
    expect(texts(groups, 'Method')).toEqual(['Task arithmetic', 'TIES', 'Model Breadcrumbs']);
    expect(texts(groups, 'Made from')).toEqual(['vit-l14-8tasks.tvq', 'vit-l14-8tasks.tvq', 'checkpoints']);
    expect(texts(groups, 'Time')).toEqual(['6.2 s', '18.9 s', '1 min 23 s']);
    expect(texts(groups, 'Kept share')[0]).toBe('–');
    expect(texts(groups, 'Difference from full precision')[2]).toBe('–');
    expect(texts(groups, 'loss')).toEqual(['1.207', '1.034', '–']);
    expect(groups.flatMap(({ rows }) => rows).every(({ cells }) => cells.length === MERGES.length)).toBe(
      true,
    );
  });

  it('marks what is not at its default, and says how tasks differ', () => {
    const [, weight] = rowOf(groups, 'weight').cells;
    expect(weight).toMatchObject({ text: '0.5 – 1', changed: true });
    expect(weight?.title).toContain('cars 0.5, dtd 1');
    expect(rowOf(groups, 'beta').cells.map(({ changed }) => changed)).toEqual([undefined, undefined, true]);
    expect(rowOf(groups, 'scale').cells.some(({ changed }) => changed)).toBe(false);
    expect(texts(groups, 'gamma')).toEqual(['', '', '0.006']);
  });

  it('has the difference of two that are compared, later less earlier', () => {
    const outputs = [ties!.output, arithmetic!.output];
    const compared = resultGroups(MERGES, METHODS, outputs);
    expect(rowOf(compared, 'loss').difference?.value).toBeCloseTo(1.034 - 1.207);
    expect(rowOf(compared, 'loss').difference?.text).toBe('−0.1730');
    expect(rowOf(compared, 'Size').difference?.text).toBe('0');
    expect(rowOf(compared, 'Method').difference?.text).toBe('≠');
    expect(rowOf(compared, 'Kept share').difference?.text).toBe('–');
    expect(rowOf(groups, 'loss').difference).toBeUndefined();
    expect(rowOf(resultGroups(MERGES, METHODS, ['/gone', ties!.output]), 'loss').difference).toBeUndefined();
  });

  it('shows a merge whose report is gone, or whose method is', () => {
    const gone = sampleMerge('ties', { report: undefined, fault: 'gone' });
    expect(texts(resultGroups([gone], METHODS), 'Size')).toEqual(['1.22 GB']);
    expect(texts(resultGroups([gone], METHODS), 'Norm')).toEqual(['–']);
    expect(texts(resultGroups([ties!], []), 'Method')).toEqual(['ties']);
  });

  it('takes rules by tensor as one word', () => {
    const rules = sampleMerge('ties', {}, { parameters: { density: [{ filter: 'mlp', value: 0.5 }] } });
    expect(rowOf(resultGroups([rules], METHODS), 'density').cells).toMatchObject([
      { text: 'by tensor', changed: true },
    ]);
  });

  it('is CSV with numbers in full', () => {
    const csv = resultsCsv([{ ...arithmetic!, name: 'a,"b"' }], resultGroups([arithmetic!], METHODS));
    const lines = csv.split('\r\n');
    expect(lines[0]).toBe(',,"a,""b"""');
    expect(lines).toContain('Result,Size,1215873024');
    expect(lines).toContain('Evaluation,accuracy.mean,0.7312');
  });
});

describe('what is looked at', () => {
  it('are the newest, or what was selected', () => {
    const many = Array.from({ length: 9 }, (_, at) => sampleMerge('ties', { output: `/${at}` }));
    expect(shownMerges(many, []).map(({ output }) => output)).toEqual(['/3', '/4', '/5', '/6', '/7', '/8']);
    expect(shownMerges(many, ['/1', '/gone']).map(({ output }) => output)).toEqual(['/1']);
    expect(toggleSelected(['/1', '/2'], '/3')).toEqual(['/2', '/3']);
    expect(toggleSelected(['/1', '/2'], '/1')).toEqual(['/2']);
  });

  it('has a look of its own, even six places apart', () => {
    const [first, second] = mergeStyles([0, 6]);
    expect(first).not.toBe(second);
    expect(new Set(mergeStyles([3, 4, 5, 6, 7, 8])).size).toBe(6);
    expect(mergeStyles([1])[0]).toBe(mergeStyles([1, 2])[0]);
  });
});

describe('numbers by layer', () => {
  it('are a chart a measure, with what is outside the blocks last', () => {
    const { layers, panels } = layerPanels(MERGES);
    expect(layers).toEqual([...Array.from({ length: LAYERS }, (_, layer) => String(layer)), null]);
    expect(panels.map(({ title }) => title)).toEqual([
      'Norm',
      'Sign conflicts',
      'Kept share',
      'Difference from full precision',
      ...TASKS.map(task => `Cosine to ${task}`),
    ]);
    for (const { values } of panels) {
      expect(values).toHaveLength(MERGES.length);
      for (const line of values) expect(line).toHaveLength(layers.length);
    }
    expect(panels[3]?.values[2]?.every(value => value === null)).toBe(true);
    expect(panels[0]?.values[1]?.[5]).toBe(ties!.report?.layers[5]?.norm);
  });

  it('leave out what no merge has', () => {
    const { panels } = layerPanels([sampleMerge('task_arithmetic')]);
    expect(panels.map(({ title }) => title)).not.toContain('Kept share');
    expect(layerPanels([]).panels).toEqual([]);
  });

  it('of models of different depth and tasks stand side by side', () => {
    const other = sampleMerge('ties', {}, { tasks: ['cars', 'new'] });
    const short = { ...other, report: { ...other.report!, layers: other.report!.layers.slice(0, 2) } };
    const { layers, panels } = layerPanels([arithmetic!, short]);
    expect(layers).toHaveLength(LAYERS + 1);
    expect(
      panels.find(({ title }) => title === 'Cosine to new')?.values[0]?.every(value => value === null),
    ).toBe(true);
    expect(panels.find(({ title }) => title === 'Norm')?.values[1]?.[7]).toBeNull();
  });

  it('have one scale for all cosines, below zero where one is', () => {
    const report = structuredClone<unknown>(arithmetic!.report!) as {
      layers: { inputs: { cosine: number | null }[] }[];
    };
    report.layers[3]!.inputs[2]!.cosine = -0.4;
    const { panels } = layerPanels([{ ...arithmetic!, report: report as never }]);
    const cosines = panels.filter(({ title }) => title.startsWith('Cosine'));
    expect(new Set(cosines.map(({ minimum, maximum }) => `${minimum} ${maximum}`))).toEqual(
      new Set(['-0.4 1']),
    );
  });

  it('of evaluations are a chart a metric', () => {
    expect(metricPanels(MERGES)).toEqual([
      { title: 'accuracy.mean', values: [0.7312, 0.7691, null] },
      { title: 'accuracy.cars', values: [0.662, 0.701, null] },
      { title: 'loss', values: [1.207, 1.034, null] },
    ]);
  });
});

describe('texts', () => {
  it('of numbers line up and are short', () => {
    expect([0, 3, 0.5, 12.5, 0.00002, -1234567.8, null].map(formatNumber)).toEqual([
      '0',
      '3',
      '0.5000',
      '12.50',
      '2.000e-5',
      '-1.235e+6',
      '–',
    ]);
    expect([0.04, 59.94, 59.96, 200].map(formatSeconds)).toEqual([
      '0.0 s',
      '59.9 s',
      '1 min 0 s',
      '3 min 20 s',
    ]);
    expect(formatSigned(-2, formatNumber)).toBe('−2');
  });

  it('of a preview say that they are expected', () => {
    const plan = {
      output: '/m',
      outputName: 'm',
      bytes: 2e9,
      memory: undefined,
      seconds: undefined,
      problems: [],
    };
    expect(previewOf(plan).map(({ value }) => value)).toEqual(['≈ 2.00 GB', 'after a first merge', '–']);
    expect(percentOf({ done: 1, total: 3, current: '' })).toBe(33);
    expect(percentOf({ done: 0, total: 0, current: '' })).toBe(0);
  });
});
