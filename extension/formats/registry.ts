/** All supported formats. */
import { gguf } from './gguf/format.ts';
import { safetensors } from './safetensors/format.ts';
import { pytorch } from './torch/format.ts';
import { TVQ } from './tvq/names.ts';
import type { WeightFormat } from './weightFormat.ts';

/** Formats of weights; if a folder has a model in two, the first wins. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [safetensors, pytorch, gguf];

/** The ending that a weight file's name has, and the format that it tells; the first bytes of the file decide. */
interface Ending {
  readonly format: WeightFormat;
  readonly extension: string;
}

export function endingOf(name: string): Ending | undefined {
  for (const format of WEIGHT_FORMATS) {
    const extension = format.extensions.find(one => name.endsWith(one));
    if (extension !== undefined) return { format, extension };
  }
  return undefined;
}

/** Globs of the files to find in a workspace. */
export const WATCHED_FILES = [
  ...WEIGHT_FORMATS.flatMap(({ extensions }) => extensions).flatMap(extension => [
    `*${extension}`,
    `*${extension}.index.json`,
    `*${extension}.index.*.json`,
  ]),
  `*${TVQ}`,
  // It names the model.
  'config.json',
];
