/** Which checkpoints a .tvq file was made from, and which of its settings the Studio has. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { architectureOf, summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { openTvq, type TvqFile } from '../../../extension/formats/tvq/reader.ts';
import { sourceCheckpoints } from '../../../extension/host/source/checkpoints.ts';
import { sourceSettings } from '../../../extension/host/source/settings.ts';
import type { Scheme } from '../../../extension/protocol/recipes.ts';
import { studioSelection } from '../../../extension/protocol/studio.ts';
import type { TvqSummary } from '../../../extension/protocol/tvq.ts';
import { fixture } from '../../checkpoints.ts';
import { quantize, recipe } from '../../engine.ts';
import { temporaryFolder } from '../../temporary.ts';
import { model } from './models.ts';

const SHAPE = [2, 3];
const LLAMA = architectureOf([{ name: 'w', shape: SHAPE }]);
const OTHER = architectureOf([{ name: 'w', shape: [3, 2] }]);

type Header = Parameters<typeof sourceCheckpoints>[0];

/** A header that says: task `name` was made from the checkpoint called `from`. */
const header = (path: string, tasks: Readonly<Record<string, string>>, base = 'base'): Header =>
  ({
    path,
    base: { name: base, tensors: [{ name: 'w', shape: SHAPE }] },
    tasks: Object.entries(tasks).map(([name, from]) => ({
      name,
      source: { name: from },
      records: [
        { tensor: 'w', shape: SHAPE, codec: { codec: 'entropy' } },
        { tensor: 'head', shape: SHAPE, codec: { codec: 'absent' } },
      ],
    })),
  }) as unknown as TvqFile;

const found = (file: Header, paths: readonly string[]) =>
  sourceCheckpoints(
    file,
    paths.map(path => model(path, LLAMA)),
  ).map(source => source.found?.path);

describe('the checkpoints of a file', () => {
  it('are those of its names, in its order', () => {
    const file = header('/w/models/small.tvq', { talk: 'chat', maths: 'math' });
    const paths = ['/w/models/base', '/w/models/chat', '/w/models/code', '/w/models/math'];
    expect(found(file, paths)).toEqual(['/w/models/base', '/w/models/chat', '/w/models/math']);
    expect(sourceCheckpoints(file, [])[1]).toEqual({
      name: 'chat',
      task: 'talk',
      found: undefined,
      hasNamesake: false,
    });
  });

  it('are the nearest to the file', () => {
    const file = header('/w/new/small.tvq', { math: 'math' });
    const paths = ['/w/a/base', '/w/new/old/math', '/w/new/base', '/w/new/math', '/w/a/math'];
    expect(found(file, paths)).toEqual(['/w/new/base', '/w/new/math']);
  });

  it('lie in one folder where several are as near', () => {
    const file = header('/w/small.tvq', { math: 'math', code: 'code' });
    const paths = ['/w/a/base', '/w/a/math', '/w/b/base', '/w/b/code', '/w/b/math'];
    expect(found(file, paths)).toEqual(['/w/b/base', '/w/b/math', '/w/b/code']);
  });

  it('have the tensors and shapes of the file', () => {
    const file = header('/w/small.tvq', { math: 'math' });
    const known = [model('/w/base', LLAMA), model('/w/math', OTHER), model('/w/far/away/math', LLAMA)];
    expect(sourceCheckpoints(file, known)[1]?.found?.path).toBe('/w/far/away/math');
    expect(sourceCheckpoints(file, known.slice(0, 2))[1]).toMatchObject({
      found: undefined,
      hasNamesake: true,
    });
  });

  it('of one name are told apart by their folders', () => {
    const paths = ['/w/math/step-9', '/w/code/step-9', '/w/chat/step-9', '/w/base'];
    const tasks = { code: 'step-9', math: 'step-9' };
    expect(found(header('/w/small.tvq', tasks), paths)).toEqual([
      '/w/base',
      '/w/code/step-9',
      '/w/math/step-9',
    ]);
    // Made unique as by `taskNames`.
    const named = { 'step-9': 'step-9', 'code-step-9': 'step-9', 'chat-step-9': 'step-9' };
    expect(found(header('/w/small.tvq', named), paths).slice(1)).toEqual([
      '/w/math/step-9',
      '/w/code/step-9',
      '/w/chat/step-9',
    ]);
  });

  it('are not guessed where folders do not tell', () => {
    const paths = ['/w/base', '/w/run1/step-9', '/w/run2/step-9'];
    const file = header('/w/small.tvq', { code: 'step-9', math: 'step-9' });
    expect(found(file, paths)).toEqual(['/w/base', undefined, undefined]);
  });

  it.each<Scheme>(['tvq', 'rtvq', 'fq'])('are found for a real file: %s', async scheme => {
    const output = join(await temporaryFolder(), 'small.tvq');
    await quantize(recipe(output, { scheme }));
    const one = ['chat', 'code', 'math'].map(name => `${name}/model.safetensors`);
    const files = ['base/model.safetensors.index.json', ...one].map(name => fixture(`llama/${name}`));
    const { checkpoints } = await summarizeCheckpoints(files);
    const names = sourceCheckpoints(await openTvq(output), checkpoints).map(source => source.found?.name);
    expect(names).toEqual(['base', 'code', 'math', 'chat']);
  });
});

describe('the settings of a file', () => {
  const summary = (recorded: unknown): TvqSummary =>
    ({
      bytes: 1000,
      bitsPerWeight: 2.345,
      tasks: [{ name: 'code' }, { name: 'math' }],
      recipe: recorded,
    }) as unknown as TvqSummary;
  const settings = (recorded: unknown, tasks = ['code', 'math']) => sourceSettings(summary(recorded), tasks);

  it('are its budget, measure and rules', () => {
    const rules = [{ tensors: '*.q_proj', task: 'math', bits: 'exact' }];
    const recorded = { budget: '2bpw', sensitivity: 'energy', rules, codec: 'entropy', keepRule: 'vectors' };
    expect(settings(recorded)).toEqual({
      start: { budget: '2bpw', sensitivity: 'energy', rules },
      unmatched: [],
    });
    expect(settings(recorded, ['code']).start.rules).toEqual([]);
  });

  it('are its size and exceptions where it was made to no budget', () => {
    const { start, unmatched } = settings({ scheme: 'tvq', bits: 3, keep: ['embed'], prune: 0.5 });
    expect(start).toEqual({
      budget: '1000B',
      sensitivity: undefined,
      rules: [{ tensors: '/embed/', bits: 'exact' }],
    });
    expect(unmatched).toEqual(['scheme', 'prune']);
  });

  it('are its budget where it has a shared vector, which the Studio has not', () => {
    const { start, unmatched } = settings({ scheme: 'rtvq', budget: '2bpw' });
    expect(start.budget).toBe('2bpw');
    expect(unmatched).toEqual(['scheme']);
    expect(settings({ scheme: 'tvq', budget: '2bpw' }).unmatched).toEqual([]);
  });

  it('count by weight where not all tasks are quantized again', () => {
    expect(settings({ bits: 3 }, ['code']).start.budget).toBe('2.35bpw');
    expect(settings({ budget: '12kB' }, ['code']).start.budget).toBe('2.35bpw');
    expect(settings({ budget: '8%' }, ['code']).start.budget).toBe('8%');
  });

  it.each([
    undefined,
    'text',
    { budget: 'much' },
    { budget: '2bpw', rules: [{ tensors: '/(/', bits: 2 }] },
    { keep: 7 },
    { budget: '2bpw', rules: [{ bits: 'none' }] },
  ])('that make no sense leave its size: %j', recorded => {
    const { start } = settings(recorded);
    expect(start).toEqual({ budget: '1000B', sensitivity: undefined, rules: [] });
  });

  it('outlive a reload of the window, as far as they make sense', () => {
    const named = (name: string) => ({ name, path: `/w/${name}` });
    const selection = { base: named('base'), tasks: [named('math')], source: '/w/small.tvq' };
    const { start } = settings({ budget: '2bpw' });
    expect(studioSelection.parse({ ...selection, start })).toEqual({ ...selection, start });
    for (const wrong of [{ budget: 7 }, { budget: 'much' }, { rules: [{ tensors: '/(/' }] }]) {
      expect(studioSelection.parse({ ...selection, start: { ...start, ...wrong } })).toEqual(selection);
    }
  });
});
