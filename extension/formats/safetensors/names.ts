/** Names of safetensors files: for reading and for writing. */
import { extname } from 'node:path';

export const SAFETENSORS = '.safetensors';

export const isSafetensors = (path: string): boolean => extname(path) === SAFETENSORS;

/** Weights of a model in one file. */
export const MODEL_FILE = `model${SAFETENSORS}`;
/** Tells which of several files a tensor is in. */
export const INDEX_FILE = `${MODEL_FILE}.index.json`;

/** The name of a model's weight file, one of `count`; `shard` from 0. */
export function modelFileName(shard: number, count: number): string {
  const digits = (n: number) => String(n).padStart(5, '0');
  return count === 1 ? MODEL_FILE : `model-${digits(shard + 1)}-of-${digits(count)}${SAFETENSORS}`;
}
