/** Models as people name them: a path, or `model+adapter`, as in mergekit: the model that the adapter makes of it. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fineTuned, openCheckpoint, openModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { applyAdapter } from '../../formats/lora/applyAdapter.ts';
import { UserError } from '../../shared/errors.ts';

export const PLUS = '+';

/** The paths that a name stands for: of a model, and of the adapters that are applied to it one after the other. */
export const partsOf = (name: string, exists: (path: string) => boolean = existsSync): readonly string[] =>
  name.includes(PLUS) && !exists(name) ? name.split(PLUS) : [name];

/** A name with its paths absolute. @param folder where relative ones start */
export const absolute = (name: string, folder = ''): string =>
  partsOf(name, path => existsSync(resolve(folder, path)))
    .map(path => resolve(folder, path))
    .join(PLUS);

/** An absolute name with its paths relative to a folder; on another drive they stay absolute. */
export const relativeTo = (folder: string, name: string): string =>
  partsOf(name)
    .map(path => relative(folder, path))
    .join(PLUS);

/** Opens a model, or an adapter alone. @throws UserError naming the path and the remedy */
export async function openNamed(name: string): Promise<Checkpoint> {
  const [path, ...adapters] = partsOf(name) as [string, ...string[]];
  if (adapters.length === 0) return openCheckpoint(path);
  let model = await openModel(path);
  const { folder } = model;
  for (const each of adapters) {
    const adapter = fineTuned(await openCheckpoint(each));
    if (!adapter.adapter) throw new UserError(`${each}: not an adapter; after "${PLUS}" one was expected`);
    const { checkpoint, problems } = await applyAdapter(adapter, model);
    const error = problems.find(({ severity }) => severity === 'error');
    if (error) throw new UserError(error.message);
    const notes = [...model.notes, ...checkpoint.notes, ...problems.map(({ message }) => message)];
    model = { ...checkpoint, notes: [...new Set(notes)] };
  }
  return { ...model, path: absolute(name), folder };
}
