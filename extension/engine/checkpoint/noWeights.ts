/** What a folder is that has no weights of its own: the error that says where they are. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { askDownload, isUnfinished } from './unfinishedDownload.ts';
import { listed } from './weightFolder.ts';
import { isWeightName } from './weightNames.ts';

/** Formats of weights that are not read, by the end of a file's name, with the remedy. */
const OTHER_FORMATS: readonly (readonly [name: RegExp, what: string])[] = [
  [
    /\.(pt|pth|bin|ckpt|pkl)$/,
    'PyTorch pickles are not read; save the weights as safetensors first (safetensors.torch.save_file, or save_pretrained)',
  ],
  [
    /\.bin\.index\.json$/,
    'PyTorch pickles are not read; save the weights as safetensors first (save_pretrained)',
  ],
  [/\.gguf$/, 'GGUF files are not read; the checkpoint it was converted from is needed'],
  [/\.(h5|keras|msgpack|npz|npy|onnx)$/, 'this format is not read; save the weights as safetensors first'],
];

/** Folders looked into for checkpoints. */
const MAX_FOLDERS = 200;

/** The error about a file that is not named as weights are. */
export function notWeights(file: string): UserError {
  const [, what] = OTHER_FORMATS.find(([name]) => name.test(basename(file))) ?? [];
  if (what) return new UserError(`${file}: ${what}`);
  if (isUnfinished(file))
    return new UserError(
      `${file}: a download that was not finished; run it again, and give the finished file`,
    );
  return new UserError(`${file}: not a checkpoint; a .safetensors file or a folder with one was expected`);
}

/** The error about a folder without weights. @param names its files */
export async function noWeights(folder: string, names: readonly string[]): Promise<UserError> {
  const none = `${folder}: no .safetensors file in this folder`;
  if (names.includes('adapter_config.json'))
    return new UserError(
      `${folder}: a LoRA adapter, not a whole checkpoint; merge it into its base model first`,
    );
  const inside = await checkpointsInside(folder);
  if (inside.length > 0) {
    return new UserError(
      names.includes('model_index.json')
        ? `${folder}: a pipeline of several models; name one of its folders: ${inside.join(', ')}`
        : `${none}; name a folder in it: ${listed(inside)}`,
    );
  }
  if (names.some(isUnfinished)) return new UserError(`${none}; ${await askDownload(folder, names)}`);
  const other = names.find(name => OTHER_FORMATS.some(([format]) => format.test(name)));
  const [, what] = OTHER_FORMATS.find(([format]) => format.test(other ?? '')) ?? [];
  if (what) return new UserError(`${none}; ${other}: ${what}`);
  const question = names.includes('config.json') ? `; ${await askDownload(folder, names)}` : '';
  return new UserError(none + question);
}

/** Folders in a folder that hold weights, or snapshots of the Hub that do. */
async function checkpointsInside(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter(entry => !entry.isFile() && !entry.name.startsWith('.'));
  const found = await Promise.all(
    folders.slice(0, MAX_FOLDERS).map(async ({ name }) => {
      const inside = await readdir(join(folder, name)).catch((): string[] => []);
      return inside.some(isWeightName) || inside.includes('snapshots') ? [name] : [];
    }),
  );
  return found.flat().sort(naturally);
}

/** checkpoint-500 before checkpoint-1000. */
const naturally = new Intl.Collator('en', { numeric: true }).compare;
