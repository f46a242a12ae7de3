import { worded, type Told, type Wording } from '../../shared/remedies.ts';

/** Remedies worded for the command: they name its options. */
export const REMEDIES: Wording = {
  overwrite: message => `${message} or pass --overwrite`,
  memory: message => `--memory ${message}`,
  moreMemory: message => `${message}; raise --memory`,
  base: (message, { was }) => `${message}; name the base model with --base (it was "${was}")`,
  baseOfMerge: message => `${message}; name it with --base`,
  force: message => `${message}, or pass --force`,
  resume: message => `${message}; run the same command with --resume to continue`,
  dtype: (message, { wider }) =>
    `${message}; write a wider dtype (--dtype ${wider}) or a smaller change, or let infinity and NaN be written (--allow-nonfinite)`,
  writeNonfinite: message => `${message}, or let infinity and NaN be written (--allow-nonfinite)`,
  takeNonfinite: message => `${message}, or compute with it anyway (--allow-nonfinite)`,
  takeInSums: message =>
    `${message}; --allow-nonfinite computes with such values only in plain sums (linear, task_arithmetic); here they would affect other weights`,
  onMismatch: (message, { reference }) =>
    `${message}; --on-mismatch base keeps what ${reference} has, first takes it from the first input that has it, rows merges one of another length in the size of ${reference}, skip leaves it out`,
  budget: message => `${message}; give it a --budget`,
  groupSize: (_, { codec }) =>
    `--group-size cannot be combined with codec ${codec}, which has one scale per tensor; leave one out`,
  taskName: message => `${message} (NAME=PATH)`,
};

/** A line in the command's wording. */
export const said = (told: Told): string => worded(told, REMEDIES);
