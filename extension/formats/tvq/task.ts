/** Tasks of a .tvq file by their names. */
import { UserError } from '../../shared/errors.ts';
import { isReserved } from './layout.ts';
import type { TvqFile, TvqVector, UnreadableVector } from './reader.ts';

/** Tasks that need a later version of this tool, although the rest of the file does not. */
export const unreadableTasks = ({ unreadable }: TvqFile): readonly UnreadableVector[] =>
  unreadable.filter(({ name }) => !isReserved(name));

/** @throws UserError if the file has no such task, or this version cannot restore it */
export function taskNamed(file: TvqFile, name: string | undefined): TvqVector {
  const task = file.tasks.find(known => known.name === name);
  if (task) return task;
  const unreadable = file.unreadable.find(known => known.name === name);
  if (unreadable) throw beyond(file, unreadable);
  const names = [...file.tasks, ...unreadableTasks(file)].map(known => known.name).join(', ');
  throw new UserError(`${file.path}: no task "${name}"; it has ${names}`, 'usage');
}

/** Names of all tasks. @throws UserError if this version cannot restore one of them */
export function allTaskNames(file: TvqFile): string[] {
  const [unreadable] = unreadableTasks(file);
  if (unreadable) throw beyond(file, unreadable);
  return file.tasks.map(({ name }) => name);
}

const beyond = ({ path }: TvqFile, { name, why }: UnreadableVector) =>
  new UserError(`${path}: task "${name}" cannot be read: ${why}; update this tool, or name other tasks`);
