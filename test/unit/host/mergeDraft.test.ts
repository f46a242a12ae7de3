/** From the wizard's answers to a recipe, and from a result to its display. */
import { describe, expect, it } from 'vitest';
import {
  baseNeed,
  chooseMethod,
  fittingMethods,
  proposedOutput,
  readFrom,
  recipeOf,
  settledBase,
  type MergeDraft,
} from '../../../extension/host/merge/draft.ts';
import { outcomeOf, reportPath } from '../../../extension/host/merge/outcome.ts';
import { NO_EDITS, withValue } from '../../../extension/shared/mergeParameters.ts';
import { sourceId } from '../../../extension/host/merge/sources.ts';
import type { MergeParameter } from '../../../extension/protocol/recipes.ts';
import type { MergeTotals } from '../../../extension/protocol/results.ts';
import { translatable } from '../../../extension/shared/translatable.ts';
import { checkpoint, method, model, tasks } from './models.ts';

const weight: MergeParameter = {
  name: 'weight',
  type: 'number',
  default: 1,
  perInput: true,
  meaning: translatable(''),
};
const [math, code] = [checkpoint('/w/models/math'), checkpoint('/w/models/code')];
const base = model('/w/models/base');
const draftOf = (more: Partial<MergeDraft> = {}): MergeDraft => ({
  known: [math, code, checkpoint('/w/models/base')],
  inputs: [math, code],
  method: method('task_arithmetic'),
  base: undefined,
  edits: NO_EDITS,
  onMismatch: 'error',
  form: 'folder',
  dtype: undefined,
  output: { path: '/w/out', overwrite: false },
  ...more,
});

describe('the base of a merge', () => {
  it('is settled when it is clear, and stays what was answered', () => {
    expect(settledBase(draftOf())).toEqual(base);
    const answered = model('/w/models/code');
    expect(settledBase(draftOf({ base: answered }))).toBe(answered);
  });

  it('is asked for again when it no longer fits', () => {
    const inputs = [checkpoint('/w/models/math', 'another')];
    expect(settledBase(draftOf({ base, inputs }))).toBeUndefined();
  });

  it('can be none only where the method and the inputs allow it', () => {
    const soup = method('linear', { base: 'optional' });
    expect(settledBase(draftOf({ base: 'none', method: soup }))).toBe('none');
    expect(settledBase(draftOf({ base: 'none' }))).toEqual(base);
    const inputs = tasks('/w/a.tvq', ['math']);
    expect(baseNeed(draftOf({ inputs, method: method('slerp', { base: 'unused' }) }))).toBe('required');
  });
});

describe('a recipe', () => {
  it('has the edits in the order of the inputs', () => {
    const edits = withValue(withValue(NO_EDITS, weight, 2), weight, 0.5, sourceId(code));
    const recipe = recipeOf(draftOf({ base, edits }));
    expect(recipe).toMatchObject({
      base: '/w/models/base',
      method: 'task_arithmetic',
      parameters: { weight: 2 },
      inputParameters: [{}, { weight: 0.5 }],
      output: '/w/out',
      overwrite: false,
      resume: false,
    });
    expect(recipe.inputs.map(({ name }) => name)).toEqual(['math', 'code']);
  });

  it('has no base that the method does not use', () => {
    expect(recipeOf(draftOf({ base, method: method('slerp', { base: 'unused' }) })).base).toBeUndefined();
    expect(
      recipeOf(draftOf({ base: 'none', method: method('linear', { base: 'optional' }) })).base,
    ).toBeUndefined();
  });

  it('is refused without an answer', () => {
    expect(() => recipeOf(draftOf({ method: undefined }))).toThrow('earlier step');
  });

  it('goes beside the inputs, and never over them', () => {
    expect(proposedOutput(draftOf())).toBe('/w/models/merged-task-arithmetic');
    expect(proposedOutput(draftOf({ form: 'gguf' }))).toBe('/w/models/merged-task-arithmetic.gguf');
    expect(recipeOf(draftOf({ dtype: 'Q8_0' })).dtype).toBe('Q8_0');
    expect(proposedOutput(draftOf({ inputs: tasks('/w/models/a.tvq', ['math']) }))).toBe(
      '/w/models/merged-task-arithmetic',
    );
    expect(readFrom(draftOf(), '/w/models')).toEqual(['/w/models/math', '/w/models/code']);
    expect(readFrom(draftOf({ base }), '/w/models/base')).toEqual(['/w/models/base']);
    expect(readFrom(draftOf({ base }), '/w/models/merged')).toEqual([]);
  });
});

describe('methods', () => {
  const two = method('slerp', { minimumInputs: 2, maximumInputs: 2 });

  it('are offered when they take as many inputs', () => {
    const offered = (inputs: number) => fittingMethods([method('ties'), two], inputs).map(({ name }) => name);
    expect(offered(1)).toEqual(['ties']);
    expect(offered(2)).toEqual(['ties', 'slerp']);
    expect(offered(3)).toEqual(['ties']);
  });

  it('have values of their own', () => {
    const draft = draftOf({ edits: withValue(NO_EDITS, weight, 2) });
    chooseMethod(draft, method('task_arithmetic'));
    expect(draft.edits.shared).toEqual({ weight: 2 });
    chooseMethod(draft, two);
    expect(draft.edits).toEqual(NO_EDITS);
  });
});

describe('a result', () => {
  const input = (cosine: number | null) => ({ name: '', norm: 1, cosine, kept: null });
  const shown = (report: Partial<MergeTotals>) =>
    outcomeOf({
      bytes: 51_600,
      report: { norm: 0.8412, inputs: [], signConflicts: 0.1234, difference: null, ...report },
    });

  it('is told in a few numbers', () => {
    const inputs = [input(0.72), input(0.608), input(0.65)];
    expect(shown({ inputs })).toEqual({
      size: '51.6 kB',
      norm: '0.84',
      conflicts: '12.3 %',
      cosine: '0.61–0.72',
    });
  });

  it('has one cosine where they are alike, and no conflicts with itself', () => {
    expect(shown({ inputs: [input(0.701), input(0.699)] }).cosine).toBe('0.70');
    expect(shown({ inputs: [input(1)] }).conflicts).toBeUndefined();
    expect(shown({})).toMatchObject({ cosine: undefined, conflicts: undefined });
  });

  it('leaves out what is no number', () => {
    expect(shown({ norm: null, inputs: [input(null), input(0.5)] })).toMatchObject({
      norm: undefined,
      cosine: '0.50',
    });
  });

  it.each([
    [0, '0'],
    [0.00123456, '0.00123'],
    [123.456, '123.46'],
    [12345.6, '12300'],
  ])('shows the norm %d as %s', (norm, text) => {
    expect(shown({ norm }).norm).toBe(text);
  });

  it('names its report', () => {
    const named = (files: string[]) => reportPath({ output: '/w/out', files });
    expect(named(['model.safetensors'])).toBe('/w/out/merge-report.json');
    expect(named(['math/model.safetensors'])).toBe('/w/out/math/merge-report.json');
    expect(named([])).toBeUndefined();
  });
});
