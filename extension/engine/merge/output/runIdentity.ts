/** Identifies what a run writes by its recipe and inputs: equal for runs that write the same bytes and report. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { listed } from '../../../shared/listed.ts';
import { TOOL } from '../../../shared/version.ts';
import type { Shard } from './shards.ts';

/** Facts by name, each as text that is only compared. */
export type RunIdentity = Readonly<Record<string, string>>;

export const identitySchema = z.record(z.string(), z.string());

const VERSION = 'version of this tool';
const LAYOUT = 'layout of the weight files';
const FILE = 'file ';

/** Name of the fact that is a file's size and times. */
export const fileFact = (file: string): string => FILE + file;

/** Adds what every model folder depends on: this tool, and the layout of its files. */
export function completed(run: RunIdentity, shards: readonly Shard[]): RunIdentity {
  const layout = shards.map(({ name, tensors }) => [
    name,
    tensors.map(tensor => [tensor.name, tensor.dtype, tensor.shape]),
  ]);
  return {
    ...run,
    [VERSION]: TOOL,
    [LAYOUT]: createHash('sha256').update(JSON.stringify(layout)).digest('hex'),
  };
}

/** 16 hex digits. */
export const digestOfRun = (run: RunIdentity): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(run).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')
    .slice(0, 16);

/** Why one run cannot use what the other wrote: a clause about the first. */
export function whyOther(before: RunIdentity, now: RunIdentity): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const differing = names.filter(name => before[name] !== now[name]);
  const settings = differing.filter(name => !name.startsWith(FILE) && name !== LAYOUT);
  if (settings.length > 0) return `it had a different ${settings.join(', ')}`;
  const files = differing.flatMap(name => (name.startsWith(FILE) ? [name.slice(FILE.length)] : []));
  return files.length > 0 ? `${listed(files)} changed since` : `it had a different ${LAYOUT}`;
}
