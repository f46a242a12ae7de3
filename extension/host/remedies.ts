import { l10n } from 'vscode';
import { worded, type Told, type Wording } from '../shared/remedies.ts';
import { SETTINGS } from './settingChecks.ts';

const MEMORY = SETTINGS.memory.name;
const NONFINITE = SETTINGS.allowNonfinite.name;

/** Remedies worded for VS Code: settings, which `showError` adds a button for, and its own steps and pages. */
const REMEDIES: Wording = {
  overwrite: message => message, // the user is asked for another name
  memory: message => l10n.t('{0}: {1}; raise this setting', MEMORY, message),
  moreMemory: message => l10n.t('{0}; raise the setting {1}', message, MEMORY),
  base: (message, { was }) => l10n.t('{0}; choose the base model (it was "{1}")', message, was),
  baseOfMerge: message => l10n.t('{0}; choose one', message),
  force: message => message,
  resume: message => message,
  dtype: (message, { wider }) =>
    REMEDIES.writeNonfinite(l10n.t('{0}; write a wider dtype ({1}) or a smaller change', message, wider), {}),
  writeNonfinite: message =>
    l10n.t('{0}, or let infinity and NaN be written (setting {1})', message, NONFINITE),
  takeNonfinite: message => l10n.t('{0}, or compute with it anyway (setting {1})', message, NONFINITE),
  takeInSums: message =>
    l10n.t(
      '{0}; the setting {1} computes with such values only in plain sums (linear, task_arithmetic); here they would affect other weights',
      message,
      NONFINITE,
    ),
  onMismatch: (message, { reference }) =>
    l10n.t(
      '{0}; choose what happens to such tensors: keep those of {1}, take them from the first input that has them, merge those of another length in its size, or leave them out',
      message,
      reference,
    ),
  budget: message => l10n.t('{0}; give it a budget', message),
  groupSize: message => message,
  taskName: message => message,
};

/** A line in VS Code's wording. */
export const said = (told: Told): string => worded(told, REMEDIES);
