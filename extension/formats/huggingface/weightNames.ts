/** What the names of weight files say: a whole model, one shard of several, or the index of shards. */

/** Stems that transformers and diffusers look for, in their order; the first two are theirs, the third is old Trainers'. */
const STANDARD_STEMS = ['model', 'diffusion_pytorch_model', 'pytorch_model'];

/** A variant (fp16, ema …) stands before the last extension; older diffusers put it behind a shard's number. */
const INDEX = /^(.+)\.safetensors\.index(\.[\w-]+)?\.json$/;
const SHARD = /^(.+)[-_](\d{1,6})-of-(\d{1,6})(\.[\w-]+)?\.safetensors$/;
const FILE = /^(.+)\.safetensors$/;

export interface WeightName {
  readonly kind: 'file' | 'shard' | 'index';
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
  const index = INDEX.exec(name);
  if (index) return { kind: 'index', stem: `${index[1]}${index[2] ?? ''}`, number: 0, count: 0, set: name };
  const shard = SHARD.exec(name);
  if (shard) {
    const [, before, number, count, variant = ''] = shard as unknown as [string, string, string, string];
    const set = `${before} of ${count}${variant} in ${number.length} digits`;
    return { kind: 'shard', stem: before + variant, number: Number(number), count: Number(count), set };
  }
  const file = FILE.exec(name);
  return file ? { kind: 'file', stem: file[1] as string, number: 1, count: 1, set: name } : undefined;
}

export const isWeightName = (name: string): boolean => parseWeightName(name) !== undefined;

/** Rank of a stem without a variant among those that Hugging Face's libraries look for; −1 for any other. */
export const standardRank = (stem: string): number => STANDARD_STEMS.indexOf(stem);

/** Whether a stem is one of Hugging Face's, with or without a variant. */
export const isStandardStem = (stem: string): boolean =>
  STANDARD_STEMS.some(standard => stem === standard || stem.startsWith(`${standard}.`));
