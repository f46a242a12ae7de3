/** What trainers write beside a model, or in parts that are no model yet, in formats that weights have too. */

export const DEEPSPEED =
  'a DeepSpeed checkpoint in parts, one for each process; consolidate it with `python zero_to_fp32.py . OUT` in the folder that has zero_to_fp32.py';
export const FSDP =
  'a distributed (FSDP) checkpoint in parts; consolidate it with `accelerate merge-weights FOLDER OUT`, or `python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER OUT`';

/** Names that the Trainer of transformers, accelerate, DeepSpeed and torch.distributed.checkpoint give to files. */
const FILES: readonly (readonly [name: RegExp, what: string])[] = [
  [
    /^(optimizer|scheduler|lr_scheduler|scaler|sampler|rng_state|random_states|training_args|dl_state_dict)([_-]\d+)*\.(pt|pth|bin|pkl)$/,
    'the state of a training, not a model; name the weights beside it',
  ],
  [/(^|_)(model|optim)_states\.pt$/, DEEPSPEED],
  [/\.distcp$/, FSDP],
];

/** What a file is that is never read as a model, whatever it holds, with the remedy; undefined: none by its name. */
export const trainingFile = (name: string): string | undefined =>
  FILES.find(([said]) => said.test(name))?.[1];

/** What a folder without weights is a checkpoint of, with the remedy. @param names of files and folders in it */
export function trainingFolder(names: readonly string[]): string | undefined {
  const has = (name: RegExp) => names.some(one => name.test(one));
  if (has(/^zero_to_fp32\.py$|^global_step\d+$|_(model|optim)_states\.pt$/)) return DEEPSPEED;
  return has(/\.distcp$|^pytorch_model_fsdp_\d+$/) ? FSDP : undefined;
}
