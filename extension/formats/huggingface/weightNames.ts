/** What the names of weight files tell: a whole model, one shard of several, or the index of shards. */
import { basename } from 'node:path';
import { endingOf, WEIGHT_FORMATS } from '../registry.ts';
import type { WeightFormat } from '../weightFormat.ts';
import { trainingFile } from './trainingFiles.ts';

/** Stems that transformers and diffusers look for, in that order; the first two are theirs, the third is an old
 * Trainer's. */
const STANDARD_STEMS = ['model', 'diffusion_pytorch_model', 'pytorch_model'];

/** A variant (fp16, ema …) comes before the last extension; older diffusers put it after a shard's number. */
const INDEX = /^(.+?)\.index(\.[\w-]+)?\.json$/;
const SHARD = /^(.+)[-_](\d{1,6})-of-(\d{1,6})(\.[\w-]+)?$/;

export interface WeightName {
  readonly kind: 'file' | 'shard' | 'index';
  readonly format: WeightFormat;
  /** Name without extension and number, with the variant: "model", "model.fp16". */
  readonly stem: string;
  /** Of a shard: its number. */
  readonly number: number;
  /** Of a shard: how many there are. */
  readonly count: number;
  /** Equal for the shards of one set. */
  readonly set: string;
}

/** undefined: the name is not that of a weight file. */
export function parseWeightName(name: string): WeightName | undefined {
  const [, listed, variant = ''] = INDEX.exec(name) ?? [];
  const ending = endingOf(listed ?? name);
  if (!ending || trainingFile(name) !== undefined) return undefined;
  const { format, extension } = ending;
  const stem = (listed ?? name).slice(0, -extension.length);
  if (stem === '') return undefined;
  if (listed !== undefined)
    return { kind: 'index', format, stem: stem + variant, number: 0, count: 0, set: name };
  const shard = SHARD.exec(stem);
  if (!shard) return { kind: 'file', format, stem, number: 1, count: 1, set: name };
  const [, before, number, count, behind = ''] = shard as unknown as [string, string, string, string];
  const set = `${before} of ${count}${behind}${extension} in ${number.length} digits`;
  return {
    kind: 'shard',
    format,
    stem: before + behind,
    number: Number(number),
    count: Number(count),
    set,
  };
}

export const isWeightName = (name: string): boolean => parseWeightName(name) !== undefined;

/** Whether a name alone says that a file is weights: no other program gives it to its files. */
export const isTelling = ({ kind, format, stem }: WeightName): boolean =>
  !format.isShared || kind === 'index' || isStandardStem(stem);

/** The same of a path. */
export function isTellingName(path: string): boolean {
  const said = parseWeightName(basename(path));
  return said !== undefined && isTelling(said);
}

/** Rank of a format: if a folder has a model in two, the first wins. */
export const formatRank = ({ format }: { readonly format: WeightFormat }): number =>
  WEIGHT_FORMATS.indexOf(format);

/** Rank of a stem without a variant among those that Hugging Face's libraries look for; −1 for any other. */
export const standardRank = (stem: string): number => STANDARD_STEMS.indexOf(stem);

/** Whether a stem is one of Hugging Face's, with or without a variant. */
export const isStandardStem = (stem: string): boolean =>
  STANDARD_STEMS.some(standard => stem === standard || stem.startsWith(`${standard}.`));
