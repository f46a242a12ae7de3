/** The accuracy bench's own arithmetic and choices, which need no suite. */
import { describe, expect, test } from 'vitest';
import { methodInfos } from '../../extension/engine/merge/methods/registry.ts';
import { budgetRows, chooseMethods, chooseRows, parseRow } from '../accuracy/plan.mjs';
import { bestOf, compareVectors, countHits, fidelity, gridPoints } from '../accuracy/score.mjs';

const tensors = (...data: number[]) => new Map([['w', { data: Float32Array.from(data) }]]);

describe('score', () => {
  test('a row hits where its largest logit is the label; the first of equal ones counts', () => {
    const logits = Float32Array.of(0, 2, 1, 5, 5, 0, -3, -2, -1);
    expect(countHits(logits, Int32Array.of(1, 0, 2))).toBe(3);
    expect(countHits(logits, Int32Array.of(1, 1, 0))).toBe(1);
  });

  test('error and projection of restored task vectors, over tasks of different length', () => {
    const base = tensors(1, 1);
    const halved = compareVectors(base, tensors(3, 1), tensors(2, 1)); // τ = (2, 0), τ̂ = (1, 0)
    const exact = compareVectors(base, tensors(1, 5), tensors(1, 5)); // τ = τ̂ = (0, 4)
    expect(halved).toEqual({ squares: 4, error: 1, product: 2 });
    expect(fidelity([halved, exact])).toEqual({ relativeError: 1 / 20, projection: 0.75 });
  });

  test('a grid is every combination, and none is one trial at the defaults', () => {
    expect(gridPoints({ scale: [1, 2], density: [0.5] })).toEqual([
      { scale: 1, density: 0.5 },
      { scale: 2, density: 0.5 },
    ]);
    expect(gridPoints(undefined)).toEqual([{}]);
  });

  test('of equally accurate trials the last is the best', () => {
    const trials = [70, 80, 80, 75].map((accuracy, at) => ({ accuracy, at }));
    expect(bestOf(trials).at).toBe(2);
  });
});

describe('plan', () => {
  const names = (asked: string, tasks = 8) =>
    chooseMethods(asked, methodInfos(), tasks).map(({ name }) => name);

  test('budgets are rows', () => {
    expect(budgetRows('none')).toEqual([]);
    expect(budgetRows('2bpw,8%')).toEqual([
      { label: '2bpw', flags: ['--budget', '2bpw'] },
      { label: '8%', flags: ['--budget', '8%'] },
    ]);
  });

  test("the paper's methods come first, then all that take so many tasks", () => {
    const paper = ['task_arithmetic', 'ties', 'magmax', 'consensus_ta', 'emr', 'breadcrumbs'];
    expect(names('paper')).toEqual(paper);
    expect(names('all').slice(0, 6)).toEqual(paper);
    expect(names('all')).toContain('iso_c');
    expect(names('all')).not.toContain('slerp');
    expect(names('all', 2)).toContain('slerp');
    expect(names('none')).toEqual([]);
    expect(() => names('ties,tiles')).toThrow('there is no method "tiles"');
  });

  test('each grid is of a method and of parameters that it has', () => {
    for (const { name, grid = {} } of chooseMethods('all', methodInfos(), 8)) {
      const parameters = methodInfos()
        .find(info => info.name === name)
        ?.parameters.map(info => info.name);
      expect(parameters, name).toEqual(expect.arrayContaining(Object.keys(grid)));
    }
  });

  test('rows', () => {
    expect(chooseRows('TVQ2,FP32').map(({ label }) => label)).toEqual(['FP32', 'TVQ2']);
    expect(parseRow('five bits=--scheme tvq --bits 5')).toEqual({
      label: 'five bits',
      flags: ['--scheme', 'tvq', '--bits', '5'],
    });
    expect(() => parseRow('TVQ5')).toThrow('LABEL=FLAGS was expected');
  });
});
