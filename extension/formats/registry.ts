/** All supported formats. */
import { gguf } from './gguf/format.ts';
import { safetensors } from './safetensors/format.ts';
import { TVQ } from './tvq/names.ts';
import type { WeightFormat } from './weightFormat.ts';

/** Formats of weights; if a folder has a model in two, the first wins. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [safetensors, gguf];

/** The format of a weight file, by its name. */
export const formatOf = (file: string): WeightFormat | undefined =>
  WEIGHT_FORMATS.find(({ extension }) => file.endsWith(extension));

/** Globs of the files to find in a workspace. */
export const WATCHED_FILES = [
  ...WEIGHT_FORMATS.flatMap(({ extension }) => [
    `*${extension}`,
    `*${extension}.index.json`,
    `*${extension}.index.*.json`,
  ]),
  `*${TVQ}`,
  // It names the model.
  'config.json',
];
