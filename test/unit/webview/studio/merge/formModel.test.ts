/** The form of a merge: what fields show, what is refused, and what is sent to the host. */
import { describe, expect, it } from 'vitest';
import type { MergeParameter } from '../../../../../extension/protocol/recipes.ts';
import type { StudioSelection } from '../../../../../extension/protocol/studio.ts';
import { NO_EDITS, withValue } from '../../../../../extension/shared/mergeParameters.ts';
import {
  choicesOf,
  chosenMethod,
  comparableTasks,
  describeDefault,
  fieldValue,
  methodGroups,
  methodLabel,
  misfit,
  rangeOf,
  sliderRange,
  taskParameters,
} from '../../../../../webview/studio/merge/formModel.ts';
import {
  editsOf,
  INITIAL_MERGE_STATE,
  readMergeState,
  storedEdits,
} from '../../../../../webview/studio/merge/mergeState.ts';
import { methodNamed, METHODS, SELECTION, TASKS } from '../../../../pages/studio/merge/samples.ts';

const ties = methodNamed('ties');
const parameterOf = (name: string): MergeParameter => {
  const parameter = ties.parameters.find(known => known.name === name);
  if (parameter === undefined) throw new Error(name);
  return parameter;
};
const [density, weight] = [parameterOf('density'), parameterOf('weight')];

describe('methods', () => {
  it('stand in groups, every one in one of them', () => {
    const groups = methodGroups(METHODS);
    expect(groups.flatMap(({ methods }) => methods)).toHaveLength(METHODS.length);
    expect(groups[0]?.label).toBe('On task vectors');
    expect(methodGroups([])).toEqual([]);
  });

  it('that were chosen stay, and unknown ones give way', () => {
    expect(chosenMethod(METHODS, { method: 'ties' })?.name).toBe('ties');
    expect(chosenMethod(METHODS, { method: 'gone' })?.family).toBe('vectors');
    expect(chosenMethod([], { method: 'ties' })).toBeUndefined();
  });

  it('say how many tasks they take', () => {
    const slerp = methodNamed('slerp');
    expect([1, 2, 8].map(tasks => methodLabel(slerp, tasks))).toEqual([
      'SLERP (needs 2 tasks)',
      'SLERP',
      'SLERP (takes at most 2 tasks)',
    ]);
    expect(methodLabel(ties, 0)).toBe('TIES (needs 1 task)');
    expect(misfit(slerp, 8)).toBe('SLERP takes at most 2 tasks, and 8 are checked.');
    expect(misfit(slerp, 1)).toBe('SLERP needs 2 tasks, and 1 is checked.');
    expect(misfit({ ...slerp, minimumInputs: 3 }, 2)).toBe('SLERP needs 3 tasks, and 2 are checked.');
    expect(misfit(ties, 0)).toBe('Check at least one task.');
    expect(misfit(ties, 8)).toBeUndefined();
  });

  it('have a slider for each number that every task has its own of', () => {
    expect(taskParameters(ties).map(({ name }) => name)).toEqual(['weight', 'density']);
    expect(taskParameters(methodNamed('slerp'))).toEqual([]);
  });
});

describe('a field', () => {
  it('shows the default, and marks what is changed', () => {
    expect(fieldValue(density, NO_EDITS, TASKS)).toEqual({ text: '0.2', placeholder: '', changed: false });
    const edited = withValue(NO_EDITS, density, [0.1, 0.5]);
    expect(fieldValue(density, edited, TASKS)).toMatchObject({ text: '[0.1, 0.5]', changed: true });
  });

  it('is empty where tasks differ, and says between what', () => {
    const edits = withValue(NO_EDITS, weight, 0.5, 'cars');
    expect(fieldValue(weight, edits, TASKS)).toEqual({
      text: '',
      placeholder: '0.5 – 1 by task',
      changed: true,
    });
    expect(fieldValue(weight, edits, ['cars'])).toMatchObject({ text: '0.5' });
    expect(fieldValue(weight, edits, ['dtd'])).toMatchObject({ text: '1', changed: false });
  });

  it('names its default and its bounds', () => {
    expect(describeDefault(density)).toBe('Default 0.2, from 0 to 1.');
    expect(describeDefault(parameterOf('trim'))).toBe('Default global.');
    expect(rangeOf(['a', 'b', 'a'])).toBe('a, b');
  });
});

describe('a slider', () => {
  it('spans a narrow range as it is, and of a wide one what is at hand', () => {
    expect(sliderRange(density, [0.2])).toEqual({ minimum: 0, maximum: 1, step: 0.01 });
    expect(sliderRange(weight, [1, 0.5])).toEqual({ minimum: 0, maximum: 2, step: 0.01 });
    expect(sliderRange(weight, [-3, 7])).toMatchObject({ minimum: -3, maximum: 7 });
    expect(sliderRange(weight, [[0.2, 0.8]])).toMatchObject({ minimum: 0, maximum: 2 });
  });

  it('of whole numbers has whole steps', () => {
    expect(sliderRange({ ...density, type: 'integer', maximum: 9, default: 3 }, []).step).toBe(1);
  });
});

describe('choices', () => {
  const edits = withValue(withValue(NO_EDITS, density, 0.4), weight, 0.5, 'dtd');
  const state = {
    ...INITIAL_MERGE_STATE,
    method: 'ties',
    edits: { ties: storedEdits(edits) },
    excluded: ['cars', 'gone'],
    compare: true,
  };

  it('have what differs from the defaults, of the tasks that are merged', () => {
    const choices = choicesOf(state, ties, SELECTION);
    expect(choices).toMatchObject({
      method: 'ties',
      parameters: { density: 0.4 },
      compare: true,
      output: undefined,
    });
    expect(choices.tasks).toEqual(TASKS.slice(1));
    expect(choices.taskParameters).toMatchObject({ dtd: { weight: 0.5 }, svhn: {} });
    expect(choices.taskParameters).not.toHaveProperty('cars');
  });

  it('leave out parameters that the method has no longer', () => {
    const old = { ...state, edits: { ties: { shared: { gone: 1 }, byTask: { dtd: { gone: 1 } } } } };
    expect(choicesOf(old, ties, SELECTION)).toMatchObject({ parameters: {}, taskParameters: { dtd: {} } });
  });

  it('compare only where the checkpoints of all merged tasks are known', () => {
    const source = SELECTION.source ?? '';
    const [first, ...others] = SELECTION.tasks;
    const partly: StudioSelection = { ...SELECTION, tasks: [{ ...first!, path: source }, ...others] };
    expect(comparableTasks(partly, TASKS)).toBe(false);
    expect(choicesOf({ ...state, excluded: [] }, ties, partly).compare).toBe(false);
    expect(choicesOf(state, ties, partly).compare).toBe(true);
    expect(comparableTasks({ ...SELECTION, source: undefined }, TASKS)).toBe(false);
  });
});

describe('a stored state', () => {
  it('is read as it was written', () => {
    const state = {
      ...INITIAL_MERGE_STATE,
      method: 'ties',
      selected: ['/a'],
      edits: { ties: { shared: { a: 1 }, byTask: {} } },
    };
    expect(readMergeState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    const edits = withValue(NO_EDITS, weight, 2, '__proto__');
    expect(editsOf(JSON.parse(JSON.stringify(storedEdits(edits))) as ReturnType<typeof storedEdits>)).toEqual(
      edits,
    );
  });

  it.each([null, 'x', { selected: 'x', edits: [1], method: 3, excluded: { a: 1 } }])(
    '%j gives the defaults',
    stored => {
      expect(readMergeState(stored)).toEqual(INITIAL_MERGE_STATE);
    },
  );

  it('with edits of another shape has none', () => {
    expect(editsOf({ shared: 3, byTask: { cars: 4 } } as never)).toEqual(NO_EDITS);
  });
});
