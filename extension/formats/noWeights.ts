/** The error about a folder that has no weights of its own: it says where they are. */
import { readdir } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { UserError } from '../shared/errors.ts';
import { listed } from '../shared/listed.ts';
import { PIPELINE_INDEX } from './huggingface/pipeline.ts';
import { snapshotInstead } from './huggingface/hubCache.ts';
import { askDownload, isUnfinished } from './huggingface/unfinishedDownload.ts';
import { trainingFile, trainingFolder } from './huggingface/trainingFiles.ts';
import { isWeightName } from './huggingface/weightNames.ts';
import { foldersWith } from './innerFolders.ts';
import { endingOf } from './registry.ts';
import { HeaderAllowance } from './safetensors/headerRoom.ts';

/** Weight formats that are not supported, by the end of a file's name, with the remedy. */
const OTHER_FORMATS: readonly (readonly [name: RegExp, what: string])[] = [
  [/\.pkl$/, 'plain pickles are not read; save the state dict with torch.save, or as safetensors'],
  [/\.(h5|keras|msgpack|npz|npy|onnx)$/, 'this format is not read; save the weights as safetensors first'],
];

const otherFormat = (name: string): string | undefined =>
  OTHER_FORMATS.find(([format]) => format.test(name))?.[1];

/** The error about a file whose name is not that of a weight file. */
export async function notWeights(file: string): Promise<UserError> {
  const instead = await snapshotInstead(file);
  if (instead !== undefined) return new UserError(`${file}: ${instead}`);
  const what = trainingFile(basename(file)) ?? otherFormat(basename(file));
  if (what !== undefined) return new UserError(`${file}: ${what}`);
  if (isUnfinished(file))
    return new UserError(`${file}: an unfinished download; run it again, and give the finished file`);
  return new UserError(
    `${file}: not a checkpoint; a file of weights (.safetensors, .bin, .pt …) or a folder with one was expected`,
  );
}

/** The error about a folder without weights. @param names its files */
export async function noWeights(folder: string, names: readonly string[]): Promise<UserError> {
  const none = `${folder}: no weights in this folder`;
  if (names.includes('adapter_config.json'))
    return new UserError(
      `${folder}: a LoRA adapter, not a whole checkpoint; merge it into its base model first`,
    );
  const instead = await snapshotInstead(folder);
  if (instead !== undefined) return new UserError(`${folder}: ${instead}`);
  const parts = trainingFolder(await readdir(folder));
  if (parts !== undefined) return new UserError(`${folder}: ${parts}`);
  const inside = await foldersWith(folder, names => names.some(isWeightName) || names.includes('snapshots'));
  if (inside.length > 0) {
    return new UserError(
      names.includes(PIPELINE_INDEX)
        ? `${folder}: a pipeline of several models; name one of its folders: ${inside.join(', ')}`
        : `${none}; name a folder in it: ${listed(inside)}`,
    );
  }
  if (names.some(isUnfinished)) return new UserError(`${none}; ${await askDownload(folder, names)}`);
  const passedOver = names.find(isWeightName);
  if (passedOver !== undefined) return new UserError(`${none}; ${await whatIs(folder, passedOver)}`);
  const other = names.find(name => otherFormat(name) !== undefined);
  if (other !== undefined) return new UserError(`${none}; ${other}: ${otherFormat(other)}`);
  const question = names.includes('config.json') ? `; ${await askDownload(folder, names)}` : '';
  return new UserError(none + question);
}

/** "x.bin: a web page (HTML) …": what a file is that only its name says to be weights. */
async function whatIs(folder: string, name: string): Promise<string> {
  const format = endingOf(name)?.format;
  const why = await format
    ?.readHeader(join(folder, name), new HeaderAllowance())
    .catch((error: unknown) => error);
  return why instanceof Error ? why.message.replace(`${folder}${sep}`, '') : name;
}
