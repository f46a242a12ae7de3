/** Where in a model's depth a tensor stands. */

/** `model.layers.7.mlp…`, `transformer.h.7.…`, `blocks.7.…`, `resblocks.7.…`: the first number between dots. */
const BLOCK = /(?:^|\.)(\d+)\./;

/** The block a tensor belongs to; undefined outside the blocks (embeddings, final norm, head). */
export function blockOf(tensor: string): number | undefined {
  const [, digits] = BLOCK.exec(tensor) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Number of blocks of a model, from its tensors' names. */
export const blockCount = (tensors: Iterable<string>): number =>
  [...tensors].reduce((count, tensor) => Math.max(count, (blockOf(tensor) ?? -1) + 1), 0);

/** Depth from 0 (first block) to 1 (last); 1 for a single block, 0 outside the blocks, as mergekit has it. */
export function depthOf(tensor: string, blocks: number): number {
  const block = blockOf(tensor);
  if (block === undefined) return 0;
  return blocks > 1 ? block / (blocks - 1) : 1;
}
