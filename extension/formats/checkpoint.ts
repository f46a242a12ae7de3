/** What a checkpoint is on disk: one weight file, or several that belong together by an index or by their numbers. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Problem } from '../protocol/results.ts';
import { recover } from '../files/aside.ts';
import { UserError } from '../shared/errors.ts';
import type { FileStamp } from '../files/fileStamp.ts';
import { inParallel } from '../shared/parallel.ts';
import { adapterKind, configuredAdapter, type AdapterFinding } from './lora/adapter.ts';
import { HeaderAllowance, type Allowance } from './safetensors/headerRoom.ts';
import type { Decoded } from './quantized/decodeQuantized.ts';
import { mayBeCodes } from './quantized/mayBeCodes.ts';
import { cachedSnapshot } from './huggingface/hubCache.ts';
import { noWeights, notWeights } from './noWeights.ts';
import { describeOpenError } from './huggingface/openError.ts';
import { readWeights } from './readWeights.ts';
import { statFile } from './regularFile.ts';
import type { TensorSource } from './tensorSource.ts';
import { filesOfSet, gatherTensors } from './huggingface/shardTensors.ts';

import { unreadableFiles, type UnreadableFiles } from './huggingface/unreadableFiles.ts';
import {
  mainSet,
  ownsFolder,
  readWeightFolder,
  setOf,
  type WeightFolder,
  type WeightSet,
} from './huggingface/weightFolder.ts';
import { isWeightName } from './huggingface/weightNames.ts';

/** Files of a model that are open at once: enough for a network disk, few enough to leave handles for others. */
const FILES_AT_ONCE = 16;

export interface Checkpoint {
  /** Absolute path of the folder, the file, or the file that stands for several. Opening it gives the same. */
  readonly path: string;
  /** Where its config and tokenizer are; undefined for weights that stand alone. */
  readonly folder: string | undefined;
  /** Last part of the path, without the extension. */
  readonly name: string;
  /** Weight files, absolute. */
  readonly files: readonly string[];
  /** What format the files have, as people call it. */
  readonly format: string;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** `__metadata__` of the weight file, of the first if there are several. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes of the weight files. */
  readonly bytes: number;
  /** What its user should know, one line each: what was left out, and what was opened instead of the named path. */
  readonly notes: readonly string[];
  /** Configs, tokenizers and similar files beside the weights that cannot be read; `notes` includes their lines. */
  readonly unreadable: readonly UnreadableFiles[];
  /** Set if it is an adapter, or a model that contains an adapter it needs. */
  readonly adapter: AdapterFinding | undefined;
  /** Of the weight files, when their headers were read. */
  readonly stamps: readonly FileStamp[];
}

/**
 * Reads the headers of a checkpoint, or of an adapter.
 * @throws UserError naming the path and the remedy
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const absolute = resolve(path);
  try {
    const found = await stat(absolute).catch(async (error: unknown) => {
      if (await recover(absolute)) return undefined;
      throw error;
    });
    const isFolder = (found ?? (await stat(absolute))).isDirectory();
    const checkpoint = await (isFolder ? openFolder(absolute) : openFile(absolute));
    if (found) return checkpoint;
    const note = `${path}: was put back; a run that was replacing it ended before the new one was in place`;
    return { ...checkpoint, notes: [note, ...checkpoint.notes] };
  } catch (error) {
    throw await describeOpenError(error, path);
  }
}

/** Reads the headers of a whole model. @throws UserError also for an adapter, with the remedy */
export const openModel = async (path: string): Promise<Checkpoint> => wholeModel(await openCheckpoint(path));

/** The checkpoint itself. @throws UserError for an adapter, with the remedy */
export function wholeModel(checkpoint: Checkpoint): Checkpoint {
  const { adapter, path } = checkpoint;
  if (adapter) throw new UserError(`${path}: ${describeAdapter(adapter)}`);
  return checkpoint;
}

/** The checkpoint itself. @throws UserError for an adapter that cannot be applied to a base model, with the remedy */
export const fineTuned = (checkpoint: Checkpoint): Checkpoint =>
  checkpoint.adapter?.applicable ? checkpoint : wholeModel(checkpoint);

/** "a LoRA adapter (PEFT, rank 8), not a whole checkpoint; …" */
export const describeAdapter = ({ what, remedy, inside }: AdapterFinding): string =>
  inside
    ? `holds ${what} beside the weights that it changes; ${remedy}`
    : `${what}, not a whole checkpoint; ${remedy}`;

/**
 * Notes of checkpoints as warnings of a plan, each once.
 * @param copied whether a checkpoint's file is copied to the output; it then has to be readable
 */
export function noteProblems(
  checkpoints: readonly Checkpoint[],
  copied: (checkpoint: Checkpoint, name: string) => boolean = () => false,
): Problem[] {
  const broken = new Set(
    checkpoints.flatMap(checkpoint =>
      checkpoint.unreadable
        .filter(({ names }) => names.some(name => copied(checkpoint, name)))
        .map(({ message }) => message),
    ),
  );
  return [...new Set(checkpoints.flatMap(({ notes }) => notes))].map(message => ({
    severity: broken.has(message) ? 'error' : 'warning',
    message,
  }));
}

async function openFolder(path: string): Promise<Checkpoint> {
  const folder = await readWeightFolder(path);
  const main = await mainSet(folder);
  if (main) return openSet(folder, main.set, main.note);
  const snapshot = await cachedSnapshot(path);
  if (snapshot === undefined) throw await noWeights(path, folder.names);
  const checkpoint = await openFolder(snapshot);
  return {
    ...checkpoint,
    notes: [`${path}: its snapshot ${basename(snapshot)} is read`, ...checkpoint.notes],
  };
}

async function openFile(file: string): Promise<Checkpoint> {
  if (!isWeightName(basename(file))) throw await notWeights(file);
  await statFile(file);
  const folder = await readWeightFolder(dirname(file), { named: new Set([basename(file)]) });
  const { set, note } = await setOf(folder, basename(file));
  return openSet(folder, set, note);
}

/** Reads the headers of weights that belong together. @param note how they were chosen */
export async function openSet(
  folder: WeightFolder,
  set: WeightSet,
  note?: string,
  allowance: Allowance = new HeaderAllowance(),
): Promise<Checkpoint> {
  const { files, index, notes: numbers } = await filesOfSet(folder, set);
  const headers = await inParallel(files, FILES_AT_ONCE, file => readWeights(file, set.format, allowance));
  const gathered = gatherTensors(headers, index);
  const owns = await ownsFolder(folder, set);
  const path = owns ? folder.path : join(folder.path, set.entry);
  const { tensors, notes } = await decoded(path, gathered.tensors);
  const found = adapterKind(tensors) ?? (await configuredAdapter(files[0] as string));
  const unreadable = owns ? await unreadableFiles(folder) : [];
  return {
    path,
    folder: dirname(files[0] as string) === path ? path : undefined,
    name: owns ? basename(folder.path) : set.stem,
    files,
    format: [...new Set(headers.map(({ format }) => format.name))].join(', '),
    tensors,
    metadata: headers[0]?.metadata ?? {},
    bytes: headers.reduce((sum, header) => sum + header.fileBytes, 0),
    notes: [
      ...(note === undefined ? [] : [note]),
      ...numbers,
      ...gathered.notes,
      ...notes,
      ...new Set(headers.flatMap(header => header.notes)),
      ...unreadable.map(({ message }) => message),
    ],
    unreadable,
    adapter: found,
    stamps: headers.map(({ stamp }) => stamp),
  };
}

/** Weights that are stored as codes are read as floats, wherever their layout is known. */
async function decoded(path: string, tensors: ReadonlyMap<string, TensorSource>): Promise<Decoded> {
  if (![...tensors.values()].some(mayBeCodes)) return { tensors, notes: [] };
  const { decodeQuantized } = await import('./quantized/decodeQuantized.ts');
  return decodeQuantized(path, tensors);
}
