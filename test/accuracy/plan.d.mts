/** Types of plan.mjs for its test. */
import type { MergeMethodInfo } from '../../extension/protocol/recipes.ts';
import type { Grid } from './score.mjs';

export interface Row {
  readonly label: string;
  /** undefined: uses the checkpoints directly. */
  readonly flags: readonly string[] | undefined;
}

export function budgetRows(asked: string): Row[];
export function parseRow(text: string): Row;
export function chooseRows(asked: string): Row[];
export function chooseMethods(
  asked: string,
  infos: readonly Pick<MergeMethodInfo, 'name' | 'minimumInputs' | 'maximumInputs'>[],
  tasks: number,
  kind: 'classification' | 'dense' | 'language',
): { name: string; grid: Grid | undefined }[];
