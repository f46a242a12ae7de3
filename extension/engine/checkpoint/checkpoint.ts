/** What a checkpoint is on disk: one .safetensors file, or a folder with one or with a shard index. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describeSystemError, UserError } from '../errors.ts';
import type { FileStamp } from '../fileStamp.ts';
import { INDEX_SUFFIX, readShardIndex } from './hfIndex.ts';
import { readSafetensorsHeader, type TensorEntry } from './safetensors.ts';

/** Where a tensor's bytes are. */
export interface TensorSource extends TensorEntry {
  readonly file: string;
}

export interface Checkpoint {
  /** Absolute path of the folder, or of the file. */
  readonly path: string;
  /** Last part of the path, without the extension. */
  readonly name: string;
  /** Weight files, absolute. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Bytes of the weight files. */
  readonly bytes: number;
  /** Of the weight files, as their headers were read. */
  readonly stamps: readonly FileStamp[];
}

/** Reads the headers of a checkpoint. @throws UserError naming the path and the remedy. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const absolute = resolve(path);
  try {
    const isFolder = (await stat(absolute)).isDirectory();
    return await openWeights(isFolder ? await weightsOf(absolute) : weightsFile(absolute));
  } catch (error) {
    throw describeSystemError(error, path);
  }
}

/** Reads the checkpoint that a weight file or shard index stands for. */
export async function openWeights(file: string): Promise<Checkpoint> {
  const index = file.endsWith(INDEX_SUFFIX) ? await readShardIndex(file) : undefined;
  const files = index?.shards ?? [file];
  const headers = await Promise.all(files.map(readSafetensorsHeader));
  const tensors = new Map<string, TensorSource>();
  for (const header of headers) {
    for (const entry of header.tensors) {
      if (index && index.tensors.get(entry.name) !== header.file) continue; // listed for another shard
      tensors.set(entry.name, { ...entry, file: header.file });
    }
  }
  for (const [name, shard] of index?.tensors ?? []) {
    if (!tensors.has(name))
      throw new UserError(`${shard}: tensor "${name}" is missing; the index lists it in this shard`);
  }
  const path = ownsItsFolder(file) ? dirname(file) : file;
  return {
    path,
    name: basename(path).replace(/\.safetensors(\.index\.json)?$/, ''),
    files,
    tensors,
    bytes: headers.reduce((sum, header) => sum + header.fileBytes, 0),
    stamps: headers.map(({ stamp }) => stamp),
  };
}

/** Whether a checkpoint is a folder, with config and tokenizer, rather than a file that stands alone. */
export const isFolderCheckpoint = ({ path, files }: Checkpoint): boolean => !files.includes(path);

/** Whether a weight file is the one that its folder is named for, as Hugging Face lays checkpoints out. */
export const ownsItsFolder = (file: string): boolean =>
  /^(model|diffusion_pytorch_model|pytorch_model)\.safetensors(\.index\.json)?$/.test(basename(file));

function weightsFile(file: string): string {
  if (/\.(pt|pth|bin|ckpt)$/.test(file)) {
    throw new UserError(
      `${file}: PyTorch pickles are not read; save the weights as safetensors first ` +
        '(safetensors.torch.save_file, or save_pretrained)',
    );
  }
  if (!/\.safetensors(\.index\.json)?$/.test(file)) {
    throw new UserError(`${file}: not a checkpoint; a .safetensors file or a folder with one was expected`);
  }
  return file;
}

/** The weight file or index of a folder, with transformers' precedence: a single file before an index. */
export async function weightsOf(folder: string): Promise<string> {
  const names = await readdir(folder);
  for (const stem of ['model', 'diffusion_pytorch_model']) {
    for (const name of [`${stem}.safetensors`, stem + INDEX_SUFFIX]) {
      if (names.includes(name)) return join(folder, name);
    }
  }
  const found = names.filter(name => /\.safetensors(\.index\.json)?$/.test(name)).sort();
  const indexes = found.filter(name => name.endsWith(INDEX_SUFFIX));
  const only = indexes.length === 1 ? indexes[0] : found.length === 1 ? found[0] : undefined;
  if (names.includes('adapter_config.json')) {
    throw new UserError(
      `${folder}: a LoRA adapter, not a whole checkpoint; merge it into its base model first`,
    );
  }
  if (only) return join(folder, only);
  if (found.length > 1) {
    throw new UserError(
      `${folder}: ${found.length} weight files (${found.slice(0, 3).join(', ')} …); name one of them`,
    );
  }
  const pickles = names.filter(name => /\.(pt|pth|bin|ckpt)$/.test(name));
  throw new UserError(
    `${folder}: no .safetensors file in this folder` +
      (pickles.length ? `; ${pickles[0]} is a PyTorch pickle, save it as safetensors first` : ''),
  );
}
