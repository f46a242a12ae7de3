import { basename, resolve } from 'node:path';
import { l10n } from 'vscode';
import type { WritingRecipe } from './writing.ts';

/** A sentence to append for a result that has another name than requested. */
export const elsewhere = ({ output }: WritingRecipe, path: string): string =>
  resolve(output) === path
    ? ''
    : `. ${l10n.t('{0} was taken while this ran, and was left unchanged.', basename(output))}`;
