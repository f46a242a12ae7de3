import { describe, expect, test } from 'vitest';
import { difference, mergeValues, randomTensor } from './harness.ts';

/** (rows × rank) · (rank × columns), by row: a matrix of the given rank. */
function lowRank(rows: number, columns: number, rank: number, seed: number): Float32Array {
  const left = randomTensor(rows * rank, seed);
  const right = randomTensor(rank * columns, seed + 1);
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return Array.from({ length: rank }, (_, k) => left[i * rank + k]! * right[k * columns + j]!).reduce(
      (a, b) => a + b,
      0,
    );
  });
}

describe('tsv_m', () => {
  test('orthogonal directions add up', () => {
    // r = 2, one triplet a task: 3·e₁e₁ᵀ and 5·e₂e₂ᵀ; U = V = I do not change.
    const merged = mergeValues(
      'tsv_m',
      [2, 2],
      [
        [3, 0, 0, 1],
        [2, 0, 0, 5],
      ],
    );
    expect(difference(merged, [3, 0, 0, 5])).toBeLessThan(1e-7);
  });

  test('directions at an angle are turned apart by the same amount', () => {
    // 2·e₁e₁ᵀ and 3·ue₂ᵀ with u = (0.6, 0.8). U = [1 0.6; 0 0.8]; of a 2 × 2 matrix [a b; c d] with positive
    // determinant the nearest rotation is [a+d b−c; c−b a+d] / √((a+d)² + (b−c)²) = [1.8 0.6; −0.6 1.8] / √3.6.
    const merged = mergeValues(
      'tsv_m',
      [2, 2],
      [
        [2, 0, 0, 0],
        [0, 1.8, 0, 2.4],
      ],
    );
    const root = Math.sqrt(3.6);
    const expected = [(2 * 1.8) / root, (3 * 0.6) / root, (2 * -0.6) / root, (3 * 1.8) / root];
    expect(difference(merged, expected)).toBeLessThan(1e-6);
  });

  test('a direction that tasks share is averaged, and nothing arbitrary is added', () => {
    // U = V = [e₁ e₁] → [e₁ e₁] / √2: (3 + 5) / 2 · e₁e₁ᵀ.
    const merged = mergeValues(
      'tsv_m',
      [2, 2],
      [
        [3, 0, 0, 1],
        [5, 0, 0, 2],
      ],
    );
    expect(difference(merged, [4, 0, 0, 0])).toBeLessThan(1e-7);
    const negated = mergeValues(
      'tsv_m',
      [2, 2],
      [
        [3, 0, 0, 1],
        [-3, 0, 0, -1],
      ],
    );
    expect([...negated].every(value => Math.abs(value) < 1e-6)).toBe(true);
  });

  test('of two equal tasks the stronger half remains', () => {
    // (s + s) / 2 for each of the r / 2 directions: diag(4, 3, 2, 1) → diag(4, 3, 0, 0).
    const x = [4, 0, 0, 0, 0, 3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
    const expected = x.map(value => (value > 2 ? value : 0));
    expect(difference(mergeValues('tsv_m', [4, 4], [x, x]), expected)).toBeLessThan(1e-6);
  });

  test('more tasks than rows, and other tensors: the mean', () => {
    const xs = [
      [3, 6, 9],
      [0, 3, 6],
      [0, 0, 3],
    ];
    for (const shape of [[1, 3], [3, 1], [3]])
      expect([...mergeValues('tsv_m', shape, xs)]).toEqual([1, 3, 6]);
  });

  test('rank-deficient tasks of one subspace each come out as their sum', () => {
    // Rank 2 in disjoint blocks of 8 × 8: orthogonal to each other, both within a share of 4.
    const first = lowRank(4, 4, 2, 1);
    const second = lowRank(4, 4, 2, 3);
    const block = (x: Float32Array, offset: number) =>
      Float32Array.from({ length: 64 }, (_, at) => {
        const [i, j] = [Math.floor(at / 8) - offset, (at % 8) - offset];
        return i >= 0 && i < 4 && j >= 0 && j < 4 ? x[4 * i + j]! : 0;
      });
    const xs = [block(first, 0), block(second, 4)];
    const sum = xs[0]!.map((value, i) => value + xs[1]![i]!);
    expect(difference(mergeValues('tsv_m', [8, 8], xs), sum)).toBeLessThan(1e-6);
  });
});

describe('iso_c', () => {
  test('by hand', () => {
    // Sum diag(3, 1): mean 2.
    const diagonal = [
      [1, 0, 0, 1],
      [2, 0, 0, 0],
    ];
    expect(difference(mergeValues('iso_c', [2, 2], diagonal), [2, 0, 0, 2])).toBeLessThan(1e-7);
    // Sum [0 4; 2 0] has singular values 4 and 2: 3·[0 1; 1 0].
    const crossed = [
      [0, 4, 0, 0],
      [0, 0, 2, 0],
    ];
    expect(difference(mergeValues('iso_c', [2, 2], crossed), [0, 3, 3, 0])).toBeLessThan(1e-7);
  });

  test('a rotation keeps its directions', () => {
    // 5·[0.6 −0.8; 0.8 0.6]: both singular values are 5.
    expect(difference(mergeValues('iso_c', [2, 2], [[3, -4, 4, 3]]), [3, -4, 4, 3])).toBeLessThan(1e-6);
  });

  test('directions that the sum lacks stay zero', () => {
    // 4·e₁e₁ᵀ: the mean of 4 and 0 is 2.
    expect(difference(mergeValues('iso_c', [2, 2], [[4, 0, 0, 0]]), [2, 0, 0, 0])).toBeLessThan(1e-7);
    expect([
      ...mergeValues(
        'iso_c',
        [2, 2],
        [
          [1, 2, 3, 4],
          [-1, -2, -3, -4],
        ],
      ),
    ]).toEqual([0, 0, 0, 0]);
  });

  test('a row or a column has one direction: the sum', () => {
    for (const shape of [
      [1, 3],
      [3, 1],
    ])
      expect(
        difference(
          mergeValues('iso_c', shape, [
            [1, 2, 3],
            [2, 2, -3],
          ]),
          [3, 4, 0],
        ),
      ).toBeLessThan(1e-7);
  });

  test('other tensors: the mean', () => {
    expect([
      ...mergeValues(
        'iso_c',
        [3],
        [
          [1, 2, 3],
          [3, 2, -3],
        ],
      ),
    ]).toEqual([2, 2, 0]);
  });

  test('all singular values are equal: MᵀM is a multiple of the identity', () => {
    const merged = mergeValues('iso_c', [12, 5], [randomTensor(60, 1), randomTensor(60, 2)]);
    const gram = Array.from({ length: 25 }, (_, at) => {
      const [i, j] = [Math.floor(at / 5), at % 5];
      return Array.from({ length: 12 }, (_, k) => merged[5 * k + i]! * merged[5 * k + j]!).reduce(
        (a, b) => a + b,
      );
    });
    expect(
      difference(
        gram,
        gram.map((_, at) => (at % 6 === 0 ? gram[0]! : 0)),
      ),
    ).toBeLessThan(1e-6);
  });
});
