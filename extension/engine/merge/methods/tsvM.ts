import { translatable } from '../../../shared/translatable.ts';
import { products, transposed } from '../math/matrix.ts';
import { parameter, type MergeMethod } from './method.ts';
import { svd, svdValues } from '../math/svd.ts';
import { isMatrix, meanOf, RESOLUTION } from './spectral.ts';

export const tsvM: MergeMethod = {
  name: 'tsv_m',
  title: 'TSV-M',
  family: 'spectral',
  meaning: translatable(
    'Keeps the strongest singular directions of each task, one share per task, and makes them orthogonal to each other.',
  ),
  variant:
    "TSV-Merge (Gargiulo et al., CVPR 2025; AntoAndGar/task_singular_vectors, compute_and_sum_svd_mem_reduction): of each 2-D task vector the top floor(r / T) singular triplets, r the smaller side; U and V of all tasks side by side, each replaced by the nearest orthonormal matrix; U·S·Vᵀ. Other tensors, and matrices with fewer rows or columns than tasks (which the authors' code zeroes), are averaged. Singular values that rounding alone may have made (as in iso_c, task by task) count as zero: directions that a task lacks, or that tasks share entirely, stay out, where the authors' code fills them up with arbitrary ones. Every 2-D tensor is decomposed; the authors leave out text_projection.",
  parameters: [parameter.scale(1)],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  way: {
    kind: 'values',
    drops: false,
    workingValues: (shape, inputs) => {
      if (!isMatrix(shape)) return 0;
      const [rows, columns] = shape;
      const small = Math.min(rows, columns);
      // One decomposition at a time, beside the triplets of all tasks; at the end both orthonormal matrices.
      const triplets = 2 * Math.floor(small / inputs) * inputs * (rows + columns);
      return svdValues(rows, columns) + 2 * rows * columns + 3 * triplets;
    },
    noise: true,
    merge: ({ shape, xs, noise }) => {
      const share = isMatrix(shape) ? Math.floor(Math.min(...shape) / xs.length) : 0;
      return isMatrix(shape) && share > 0 ? mergeMatrices(xs, shape, share, noise) : meanOf(xs);
    },
  },
};

/** Directions that differ by more than this count as different, however uncertain the weakest is. */
const MOST_TURNED = 2 ** -10;

/** The merge of rows × columns task vectors, by row; each is its own transpose by column. */
function mergeMatrices(
  xs: readonly Float32Array[],
  [rows, columns]: readonly [number, number],
  share: number,
  noise: readonly number[],
): Float32Array {
  const left = new Float64Array(columns * share * xs.length);
  const right = new Float64Array(rows * share * xs.length);
  const values: number[] = [];
  // How far rounding may have turned a direction (Wedin: by noise / singular value).
  let turned = RESOLUTION;
  for (const [task, x] of xs.entries()) {
    const floor = noise[task] as number;
    const { u, s, v, rank } = svd(new Float64Array(x), columns, rows, RESOLUTION, floor);
    const kept = Math.min(share, rank);
    if (kept > 0) turned = Math.max(turned, floor / (s[kept - 1] as number));
    left.set(u.subarray(0, kept * columns), values.length * columns);
    right.set(v.subarray(0, kept * rows), values.length * rows);
    values.push(...s.subarray(0, kept));
  }
  const rank = values.length;
  const resolution = Math.min(turned, MOST_TURNED);
  const u = orthonormal(left.subarray(0, columns * rank), columns, rank, resolution);
  const v = orthonormal(right.subarray(0, rows * rank), rows, rank, resolution);
  const scaled = u.map((value, i) => value * (values[Math.floor(i / columns)] as number));
  return new Float32Array(
    products(transposed(scaled, columns, rank), columns, transposed(v, rows, rank), rows, rank),
  );
}

/**
 * The orthonormal matrix nearest to A (length × count): P·Qᵀ of A = P·S·Qᵀ, the orthogonal Procrustes problem
 * (Schönemann 1966); of dependent columns, the nearest partial isometry.
 */
function orthonormal(a: Float64Array, length: number, count: number, resolution: number): Float64Array {
  const { u, v, rank } = svd(a, length, count, resolution);
  return products(transposed(u, length, rank), length, transposed(v, count, rank), count, rank);
}
