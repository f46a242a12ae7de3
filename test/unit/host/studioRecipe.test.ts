/** From the Studio's choices to a recipe, and what is remembered about merges. */
import { describe, expect, it } from 'vitest';
import { expectedSeconds, withTime } from '../../../extension/host/merge/mergeTimes.ts';
import { freeFolder, methodOf, studioRecipe } from '../../../extension/host/merge/studioRecipe.ts';
import { checkSent } from '../../../extension/host/pageCalls.ts';
import { MergeMemory, type MergeRecord } from '../../../extension/host/panels/mergeMemory.ts';
import { studioMergeRecipe, type StudioMergeRecipe } from '../../../extension/protocol/merge.ts';
import type { StudioSelection } from '../../../extension/protocol/studio.ts';
import { method } from './models.ts';

const selection: StudioSelection = {
  base: { name: 'base', path: '/w/base' },
  tasks: [
    { name: 'cars', path: '/w/models/cars' },
    { name: 'dtd', path: '/w/models/dtd' },
  ],
};
const quantized: StudioSelection = { ...selection, source: '/w/all.tvq' };
const choices: StudioMergeRecipe = {
  method: 'ties',
  tasks: ['dtd', 'cars'],
  parameters: { density: 0.4 },
  taskParameters: { dtd: { weight: [0.5, 1] } },
  onMismatch: 'error',
  compare: true,
  output: undefined,
};

describe('a recipe', () => {
  it('of checkpoints has them in the order of the selection', () => {
    expect(studioRecipe(selection, choices, method('ties'), '/w/out')).toMatchObject({
      base: '/w/base',
      inputs: [
        { name: 'cars', path: '/w/models/cars', task: undefined },
        { name: 'dtd', path: '/w/models/dtd', task: undefined },
      ],
      parameters: { density: 0.4 },
      inputParameters: [{}, { weight: [0.5, 1] }],
      output: '/w/out',
      overwrite: false,
      compare: [],
    });
  });

  it('of a .tvq file has its tasks, compared with their checkpoints', () => {
    const recipe = studioRecipe(quantized, choices, method('ties'), '/w/out');
    expect(recipe.inputs[1]).toEqual({ name: 'dtd', path: '/w/all.tvq', task: 'dtd' });
    expect(recipe.compare).toEqual(selection.tasks);
    expect(studioRecipe(quantized, { ...choices, compare: false }, method('ties'), '/w/out').compare).toEqual(
      [],
    );
  });

  it('compares nothing where a checkpoint is not known', () => {
    const [cars, dtd] = selection.tasks;
    const partly = { ...quantized, tasks: [cars!, { ...dtd!, path: '/w/all.tvq' }] };
    expect(studioRecipe(partly, choices, method('ties'), '/w/out').compare).toEqual([]);
    expect(
      studioRecipe(partly, { ...choices, tasks: ['cars'] }, method('ties'), '/w/out').compare,
    ).toHaveLength(1);
  });

  it('has a base only where one is used', () => {
    const soup = method('slerp', { base: 'unused' });
    expect(studioRecipe(selection, choices, soup, '/w/out').base).toBeUndefined();
    expect(studioRecipe(quantized, choices, soup, '/w/out').base).toBe('/w/base');
  });

  it('refuses what the selection or the registry has not', () => {
    const strange = { ...choices, tasks: ['cars', 'svhn'] };
    expect(() => studioRecipe(selection, strange, method('ties'), '/w/out')).toThrow('no task "svhn"');
    expect(() => methodOf([method('ties'), method('linear')], 'tie')).toThrow('Did you mean ties?');
  });

  it('takes a task by any name', () => {
    const named: StudioSelection = { ...selection, tasks: [{ name: 'constructor', path: '/w/c' }] };
    const asked = { ...choices, tasks: ['constructor'], taskParameters: {} };
    expect(studioRecipe(named, asked, method('ties'), '/w/out').inputParameters).toEqual([{}]);
  });
});

describe('choices from a page', () => {
  it('are taken as they are', () => {
    expect(checkSent(studioMergeRecipe, JSON.parse(JSON.stringify(choices)))).toEqual(choices);
  });

  it.each([
    [{ ...choices, method: 1 }, 'method'],
    [{ ...choices, tasks: ['a', 3] }, 'tasks.1'],
    [{ ...choices, output: 'relative/folder' }, 'output'],
    [{ ...choices, output: '/x'.repeat(5000) }, 'output'],
    [{ ...choices, parameters: { a: { b: 1 } } }, 'parameters.a'],
    [{ ...choices, parameters: { a: Array.from({ length: 1001 }, () => 1) } }, 'parameters.a'],
    [
      { ...choices, parameters: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, 1])) },
      'parameters',
    ],
    [{ ...choices, compare: 'yes' }, 'compare'],
    [null, ''],
  ])('%.60j are refused', (value, field) => {
    expect(() => checkSent(studioMergeRecipe, value)).toThrow(`not valid: "${field}"`);
  });
});

it('a proposed folder is the first that is free', async () => {
  const taken = new Set(['/w/models/merged-dare-ties', '/w/models/merged-dare-ties-2']);
  expect(await freeFolder(selection, 'dare_ties', path => taken.has(path))).toBe(
    '/w/models/merged-dare-ties-3',
  );
  expect(await freeFolder(quantized, 'ties', async () => false)).toBe('/w/merged-ties');
});

describe('times', () => {
  const methods = [method('ties'), method('linear'), method('slerp', { family: 'models' })];
  const [ties, linear, slerp] = methods;

  it('are those of the method, else the slowest of its family', () => {
    const times = withTime(withTime({}, 'ties', { bytes: 1000, seconds: 2 }), 'slerp', {
      bytes: 1000,
      seconds: 9,
    });
    expect(expectedSeconds(times, methods, ties!, 500)).toBe(1);
    expect(expectedSeconds(times, methods, linear!, 2000)).toBe(4);
    expect(expectedSeconds(times, methods, slerp!, 1000)).toBe(9);
    expect(expectedSeconds({}, methods, ties!, 500)).toBeUndefined();
  });

  it('of a far smaller merge are not learnt', () => {
    const times = withTime({}, 'ties', { bytes: 1000, seconds: 2 });
    expect(withTime(times, 'ties', { bytes: 10, seconds: 2 })).toBe(times);
    expect(withTime(times, 'ties', { bytes: 900, seconds: 1 })['ties']?.seconds).toBe(1);
  });
});

it('the memory keeps the newest merges, each folder once', async () => {
  const stored = new Map<string, unknown>();
  const memory = new MergeMemory({
    get: (key: string, fallback?: unknown) => (stored.get(key) ?? fallback) as never,
    update: async (key, value) => void stored.set(key, value),
  });
  const record = (output: string): MergeRecord => ({
    base: '/w/base',
    source: undefined,
    output,
    report: `${output}/merge-report.json`,
    bytes: 1,
    seconds: 1,
    metrics: [],
  });
  for (let i = 0; i < 45; i++) await memory.add(record(`/${i}`));
  await memory.add(record('/44'));
  expect(memory.merges().map(({ output }) => output)).toEqual(
    Array.from({ length: 40 }, (_, i) => `/${i + 5}`),
  );
  await memory.setMetrics('/44', [{ name: 'a', value: 1 }]);
  await memory.forget('/43');
  expect(memory.merges().at(-1)).toMatchObject({ output: '/44', metrics: [{ name: 'a', value: 1 }] });
  expect(memory.merges()).toHaveLength(39);
});
