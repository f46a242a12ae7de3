/** What a click selects, how inputs are named, and which base model is clear. */
import { describe, expect, it } from 'vitest';
import {
  checkedAt,
  clearBase,
  inputsOf,
  mergeSources,
  sourceId,
  type MergeSource,
} from '../../../extension/host/merge/sources.ts';
import { checkpoint, model, tasks } from './models.ts';

const names = (sources: readonly MergeSource[]) => inputsOf(sources).map(({ name }) => name);

describe('a click', () => {
  const sources = [
    ...['base', 'code', 'math'].map(name => checkpoint(`/w/models/${name}`)),
    ...tasks('/w/models/small.tvq', ['code', 'math']),
    ...tasks('/w/other/large.tvq', ['chat']),
  ];

  it('on a .tvq file checks its tasks', () => {
    expect(names(checkedAt(sources, ['/w/models/small.tvq']))).toEqual(['code', 'math']);
  });

  it('on a folder checks its checkpoints, but neither their base nor their quantized doubles', () => {
    expect(checkedAt(sources, ['/w/models'])).toEqual([sources[1], sources[2]]);
  });

  it('on a folder with nothing else checks the tasks in it', () => {
    expect(names(checkedAt(sources, ['/w/other']))).toEqual(['chat']);
  });

  it('on a mixed selection checks all of it, once', () => {
    const paths = ['/w/models/code', '/w/models/code/model.safetensors', '/w/other/large.tvq'];
    expect(names(checkedAt(sources, paths))).toEqual(['code', 'chat']);
  });

  it('on the base alone checks it', () => {
    expect(names(checkedAt(sources, ['/w/models/base']))).toEqual(['base']);
  });

  it('does not take a folder for another one whose name begins alike', () => {
    expect(checkedAt([checkpoint('/w/models-2/a')], ['/w/models'])).toEqual([]);
  });
});

describe('inputs', () => {
  it('have names that differ', () => {
    const sources = [
      checkpoint('/w/v1/code'),
      checkpoint('/w/v2/code'),
      ...tasks('/w/small.tvq', ['code', 'math']),
      ...tasks('/x/small.tvq', ['code']),
    ];
    expect(names(sources)).toEqual(['v1-code', 'v2-code', 'small-code', 'math', 'small-code-2']);
  });

  it('have names that a recipe may have', () => {
    const sources = [checkpoint('/w/a (1)'), checkpoint('/w/a #1'), checkpoint('/w/b c/a (1)')];
    expect(names(sources)).toEqual(['w-a__1_', 'a__1', 'b_c-a__1_']);
  });

  it('do not take a name that another one has already', () => {
    const sources = [checkpoint('/w/a-b'), checkpoint('/a/b'), checkpoint('/c/b')];
    expect(new Set(names(sources)).size).toBe(3);
  });

  it('are known by file and task', () => {
    const [code, math] = tasks('/w/small.tvq', ['code', 'math']);
    if (!code || !math) throw new Error('two tasks');
    expect(sourceId(code)).not.toBe(sourceId(math));
    expect(mergeSources([code], [code, math])).toHaveLength(2);
  });
});

describe('the base model', () => {
  const base = model('/w/models/base');

  it('is the one that a .tvq file names', () => {
    const known = [base, model('/w/models/llama-7b')];
    expect(clearBase(tasks('/w/a.tvq', ['code'], 'llama-7b'), known)?.path).toBe('/w/models/llama-7b');
  });

  it('is the nearest of several with that name', () => {
    const known = [base, model('/w/old/base')];
    expect(clearBase(tasks('/w/models/a.tvq', ['code']), known)).toBe(base);
    expect(clearBase(tasks('/w/a.tvq', ['code']), known)).toBeUndefined();
  });

  it('has the tensors of the inputs', () => {
    const inputs = [...tasks('/w/a.tvq', ['code']), checkpoint('/w/models/math')];
    expect(clearBase(inputs, [base, model('/w/vit/base', 'another')])).toBe(base);
    expect(clearBase([checkpoint('/w/models/math', 'another')], [base])).toBeUndefined();
  });

  it('is not clear when the .tvq files name two', () => {
    const inputs = [...tasks('/w/a.tvq', ['code']), ...tasks('/w/b.tvq', ['math'], 'llama-7b')];
    expect(clearBase(inputs, [base, model('/w/models/llama-7b')])).toBeUndefined();
  });

  it('is the one that is called so where there are checkpoints only', () => {
    expect(clearBase([checkpoint('/w/models/math')], [model('/w/models/math'), base])).toBe(base);
    expect(clearBase([checkpoint('/w/models/math')], [model('/w/models/math')])).toBeUndefined();
  });
});
