import type { MergeRecipe } from '../../protocol/recipes.ts';
import { SHARD_BYTES } from '../../shared/shardBytes.ts';

/** What the wizard and the Studio ask for; other fields of a recipe are only written by hand. */
export type MergeFields = Pick<
  MergeRecipe,
  | 'base'
  | 'inputs'
  | 'method'
  | 'parameters'
  | 'inputParameters'
  | 'onMismatch'
  | 'output'
  | 'dtype'
  | 'overwrite'
  | 'compare'
>;

export const mergeRecipe = (asked: MergeFields): MergeRecipe => ({
  ...asked,
  kind: 'merge',
  lines: undefined,
  shardBytes: SHARD_BYTES,
  resume: false,
  allowNonfinite: false,
  text: undefined,
});
