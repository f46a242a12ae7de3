/** Stages that sum values in one fixed order: see delta_energy. */
import blockSums from '../shared/block_sums.wgsl';
import common from '../shared/common.wgsl';
import type { Work } from './stage.ts';

/** Values of one block of a sum. */
export const SUM_BLOCK = 8192;

/** Maximum bytes of a block's sums. */
export const SUM_BYTES = 16;

/** Prepended to the shaders of such stages. */
export const BLOCK_SUMS = common + blockSums;

/** Number of blocks: workgroups whose invocations take 32 elements each. */
export const blocksOf = (elements: number): number => Math.ceil(elements / SUM_BLOCK);

/** The work of a stage that computes a float32 for each of its sums in each block, bound after its other windows; its
 * parameters begin with the count and the number of blocks. The sums are those of all blocks, in order, added to
 * `before`. */
export function sumsOf<Result>(
  count: number,
  { params = [], bindings, ...more }: Pick<Work<Result>, 'bindings'> & Partial<Work<Result>>,
  before: readonly number[],
  result: (...sums: number[]) => Result,
): Work<Result> {
  const blocks = blocksOf(count);
  const bytes = blocks * before.length * 4;
  return {
    ...more,
    params: [count, blocks, ...params],
    bindings: [...bindings, { memory: 'results', bytes }],
    groups: blocks,
    found: { bytes, cleared: false },
    result: found => {
      const sums = [...before];
      new Float32Array(found.buffer, found.byteOffset, bytes / 4).forEach((sum, i) => {
        sums[i % sums.length] = (sums[i % sums.length] ?? 0) + sum;
      });
      return result(...sums);
    },
  };
}
