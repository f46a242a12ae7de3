import { basename, resolve } from 'node:path';
import { l10n } from 'vscode';
import type { WritingRecipe } from './writing.ts';

/** A sentence for a result that has another name than it was to have, to be put behind another. */
export const elsewhere = ({ output }: WritingRecipe, path: string): string =>
  resolve(output) === path
    ? ''
    : `. ${l10n.t('{0} was taken while this ran, and was left unchanged.', basename(output))}`;
