import type { Remedy } from '../../shared/remedies.ts';
import { basename } from 'node:path';
import type { RestoreRecipe } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import type { MemoryShare, Room } from '../scheduler/memoryShare.ts';
import { mostMemory, placeItems } from '../scheduler/itemKind.ts';
import { noteProblems, wholeModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { isQuantizable, type Dtype } from '../../formats/dtype.ts';
import { UserError } from '../../shared/errors.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { formatBytes } from '../../shared/format.ts';
import { floatDtype, isFileOutput } from '../../shared/outputForms.ts';
import { error } from '../../shared/problems.ts';
import { alignNames } from '../../formats/names/alignNames.ts';
import { openNamed } from '../match/openNamed.ts';
import { checkOutput } from '../outputCheck.ts';
import { isAdded, isCoded } from '../../formats/tvq/codecNature.ts';
import { openTvq, type TvqFile, type TvqRecord } from '../../formats/tvq/reader.ts';
import { taskNamed } from '../../formats/tvq/task.ts';
import type { FormedModel } from '../output/form.ts';
import { formed } from '../output/forms/registry.ts';
import { taskFiles } from '../output/modelFiles.ts';
import { restoredMetadata } from './files.ts';
import { recordsToWrite } from './tiedHead.ts';
import { restoreKind, type RestoreItem } from './item.ts';

export interface RestorePlan {
  readonly recipe: RestoreRecipe;
  readonly file: TvqFile;
  readonly base: Checkpoint | undefined;
  /** In the order of the output. */
  readonly items: readonly RestoreItem[];
  /** What is written: the tensors in order, and one weight file. */
  readonly form: FormedModel;
  readonly share: MemoryShare;
  readonly bytes: number;
  /** Of the file and the base. */
  readonly stamps: readonly FileStamp[];
  readonly problems: readonly Problem[];
}

/** Plans the restoration of one task. */
export async function planRestore(recipe: RestoreRecipe, room: Room): Promise<RestorePlan> {
  const { chunk } = room;
  const file = await openTvq(recipe.source);
  const task = taskNamed(file, recipe.task);
  if (recipe.base === undefined && file.scheme.scheme !== 'fq') {
    throw new UserError(
      {
        message: `${recipe.source}: holds task vectors`,
        remedy: { code: 'base', was: file.base.name },
      },
      'usage',
    );
  }
  const base =
    recipe.base === undefined || file.scheme.scheme === 'fq'
      ? undefined
      : namedAsIn(file, wholeModel(await openNamed(recipe.base)));
  const shared = new Map(file.shared?.records.map(record => [record.tensor, record]));
  const items = [...(await recordsToWrite(file, task, base))].map(([tensor, record]): RestoreItem => ({
    kind: 'restore',
    tensor,
    dtype: restoredDtype(
      record,
      floatDtype(recipe.dtype) ?? (task.widened ? base?.tensors.get(tensor)?.dtype : undefined),
    ),
    coding: undefined,
    file: file.path,
    task: task.name,
    record,
    shared: isAdded(record.codec) ? withCodes(shared.get(record.tensor)) : undefined,
    base: record.codec.codec === 'exact' ? undefined : base?.tensors.get(record.tensor),
    allowNonfinite: recipe.allowNonfinite,
    resident: false,
  }));
  const problems = base ? (recipe.force ? misfits(base, items) : compareBase(file, base, OR_FORCE)) : [];
  const usable = items.filter(
    item => item.base || item.record.codec.codec === 'exact' || file.scheme.scheme === 'fq',
  );
  if (usable.length < items.length && !problems.length) {
    throw new UserError(
      `${(base as Checkpoint).path}: ${items.length - usable.length} tensors that the task needs are missing`,
    );
  }
  const form = await formed({
    ...{ output: recipe.output, dtype: recipe.dtype, shardBytes: Infinity, ownHead: false },
    tensors: usable.map(({ tensor, dtype, record: { shape } }) => ({ tensor, dtype, shape })),
    metadata: await restoredMetadata(file, task.name, base),
    files: taskFiles(file, task.name, base),
  });
  problems.push(...form.problems);
  const byTensor = new Map(usable.map(item => [item.tensor, item]));
  const written = form.tensors.map(({ tensor, dtype, coding }): RestoreItem => ({
    ...(byTensor.get(tensor) as RestoreItem),
    dtype,
    coding,
  }));
  const needed = mostMemory(restoreKind, written, chunk);
  const share = room.share(needed);
  if (needed > share.arena) {
    problems.push(error(`${formatBytes(room.memory)} is too little for this file`, { code: 'memory' }));
  }
  const placed = placeItems(restoreKind, written, share, chunk);
  const bytes = form.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const inputs = [{ path: file.path, files: [file.path] }, ...(base ? [base] : [])];
  problems.push(
    ...noteProblems(base ? [base] : []),
    ...(await checkOutput(recipe, inputs, bytes, isFileOutput(recipe.output) ? 'file' : 'folder')),
  );
  const stamps = [file.stamp, ...(base?.stamps ?? [])];
  return { recipe, file, base, items: placed, form, share, bytes, stamps, problems };
}

const restoredDtype = ({ dtype }: TvqRecord, wanted: Dtype | undefined): Dtype =>
  wanted && isQuantizable(dtype) && isQuantizable(wanted) ? wanted : dtype;

const withCodes = (record: TvqRecord | undefined): TvqRecord | undefined =>
  record && isCoded(record.codec) ? record : undefined;

/** Restoring from another base can be forced; a merge cannot, as nobody could tell its result from a right one. */
export const OR_FORCE: Remedy = { code: 'force' };

/** A base with its tensors named as when the file was made from it: it may have been saved again, with prefixes. */
export const namedAsIn = (file: TvqFile, base: Checkpoint): Checkpoint =>
  alignNames(base, new Map(file.base.tensors.map(tensor => [tensor.name, tensor]))).checkpoint;

/** Checks by headers whether this is the base that the file was made from; checksums are compared on the way. */
export function compareBase(file: TvqFile, base: Checkpoint, remedy?: Remedy): Problem[] {
  for (const expected of file.base.tensors) {
    const found = base.tensors.get(expected.name);
    const same = found?.dtype === expected.dtype && found.shape.join() === expected.shape.join();
    if (same) continue;
    const [is, was] = [found, expected].map(tensor => (tensor ? describe(tensor) : 'missing'));
    const what = `tensor "${expected.name}" is ${is} there, ${was} in the base`;
    return [error(wrongBase(file, base.path, what), remedy)];
  }
  return [];
}

/** What cannot be forced, because every value is relative to one of the base's. */
function misfits({ path }: Checkpoint, items: readonly RestoreItem[]): Problem[] {
  const fits = ({ record, base }: RestoreItem): boolean =>
    !base ||
    (base.shape.join() === record.shape.join() &&
      (base.dtype === record.dtype || (isQuantizable(base.dtype) && isQuantizable(record.dtype))));
  const odd = items.find(item => !fits(item));
  if (!odd?.base) return [];
  const what = `tensor "${odd.tensor}" is ${describe(odd.base)} there, ${describe(odd.record)} in the task`;
  return [error(`${path}: ${what}; use a base model with the same tensors`)];
}

const describe = ({ dtype, shape }: { dtype: Dtype; shape: readonly number[] }) =>
  `${dtype} [${shape.join(', ')}]`;

/** The error of applying task vectors to another base. */
export const wrongBase = (file: TvqFile, base: string, what: string): string =>
  `${base}: not the base model "${file.base.name}" that ${basename(file.path)} was made from: ${what}; use that one`;
