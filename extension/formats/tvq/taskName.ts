/** Names of tasks and of a merge's inputs, made from the names of folders and files. */
import { basename } from 'node:path';
import { endingOf } from '../registry.ts';
import { isTaskName } from './layout.ts';
import { isTvq, TVQ } from './names.ts';

/** Leaves room for "-2", and for the names of outputs that are made from it. */
const MAX_CHARACTERS = 100;

/**
 * A task name for a path or a name: its last part, without characters that task names may not have. Accents are
 * normalised, so that a folder gives the same name on every system.
 */
export function taskNameOf(path: string): string {
  const plain = withoutExtension(basename(path))
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]/gu, '_');
  const short = [...plain].slice(0, MAX_CHARACTERS).join('');
  return isTaskName(short) ? short : `_${short}`;
}

/** The name of a file of weights or task vectors, without what its format adds. */
export function withoutExtension(name: string): string {
  const extension = isTvq(name) ? TVQ : (endingOf(name.toLowerCase())?.extension ?? '');
  return name.slice(0, name.length - extension.length);
}

/** The name, or the first of name-2, name-3 … that is free; takes it. */
export function freeName(name: string, names: Set<string>): string {
  let free = name;
  for (let i = 2; names.has(free); i++) free = `${name}-${i}`;
  names.add(free);
  return free;
}
