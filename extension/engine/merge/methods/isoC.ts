import { translatable } from '../../../shared/translatable.ts';
import { products, transposed } from '../math/matrix.ts';
import { parameter, type MergeMethod } from './method.ts';
import { svd, svdValues } from '../math/svd.ts';
import { isMatrix, meanOf, RESOLUTION } from './spectral.ts';

export const isoC: MergeMethod = {
  name: 'iso_c',
  title: 'Iso-C',
  family: 'spectral',
  meaning: translatable(
    'Sums the task vectors and gives all singular directions of the sum the same strength.',
  ),
  variant:
    "Iso-C (Marczak et al., ICML 2025; danielm1405/iso-merging): of each 2-D tensor the sum of the task vectors, with every singular value replaced by the mean of all min(rows, columns) of them; other tensors are averaged. Singular values that rounding alone may have made stay zero, where the authors' code gives the mean to arbitrary directions: those up to ε/√12·(‖longest row‖ + ‖longest column‖ of the base), ε being that of each task's dtype (2⁻²³ F32, 2⁻¹⁰ F16, 2⁻⁷ BF16; over several tasks the root of the sum of squares), and those below 2⁻²³ of the largest. So a low-rank tuning keeps its rank, however large the weights that it was rounded with. Of a .tvq file's task vectors the dtype of the checkpoint counts; what quantization added to them cannot be told apart. Every 2-D tensor is decomposed; the authors leave out text_projection. They search scale from 0 to 3; 1.5 is good for eight vision tasks.",
  parameters: [parameter.scale(1)],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  way: {
    kind: 'values',
    drops: false,
    workingValues: shape => (isMatrix(shape) ? svdValues(...shape) + 6 * shape[0] * shape[1] : 0),
    noise: true,
    // Errors of rounding are independent from task to task.
    merge: ({ shape, xs, noise }) =>
      isMatrix(shape) ? evenOut(xs, shape, Math.hypot(...noise)) : meanOf(xs),
  },
};

/** The isotropic sum of rows × columns task vectors, by row; each is its own transpose by column. */
function evenOut(
  xs: readonly Float32Array[],
  [rows, columns]: readonly [number, number],
  noise: number,
): Float32Array {
  const sum = new Float64Array(rows * columns);
  for (const x of xs) for (let i = 0; i < x.length; i++) sum[i] = (sum[i] as number) + (x[i] as number);
  const { u, s, v, rank } = svd(sum, columns, rows, RESOLUTION, noise);
  const mean = s.reduce((a, b) => a + b, 0) / Math.min(rows, columns);
  const isometry = products(transposed(u, columns, rank), columns, transposed(v, rows, rank), rows, rank);
  return new Float32Array(isometry.map(value => mean * value));
}
