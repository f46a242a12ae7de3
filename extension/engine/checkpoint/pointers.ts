import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLfsPointer, LFS_POINTER } from './foreignContent.ts';
import { listed, type WeightFolder } from './weightFolder.ts';

/** Configs, tokenizers, vocabularies, templates. */
const SMALL_FILE = /\.(json|txt|model|jinja|tiktoken)$/;

/** A pointer has three lines; git-lfs itself reads no larger file as one. */
const MAX_POINTER_BYTES = 1024;

/** A line about files beside the weights that are git-lfs pointers; nothing where there are none. */
export async function readPointers({ path, names }: WeightFolder): Promise<string[]> {
  const found = await Promise.all(
    names
      .filter(name => SMALL_FILE.test(name))
      .map(async name => ((await isPointer(join(path, name))) ? [name] : [])),
  );
  const pointers = found.flat();
  const [first] = pointers;
  if (first === undefined) return [];
  if (pointers.length === 1) return [`${join(path, first)}: ${LFS_POINTER}`];
  return [
    `${path}: ${listed(pointers)} are git-lfs pointers, not the files themselves; run \`git lfs pull\` there`,
  ];
}

async function isPointer(file: string): Promise<boolean> {
  try {
    const info = await stat(file);
    return info.isFile() && info.size <= MAX_POINTER_BYTES && isLfsPointer(await readFile(file));
  } catch {
    return false; // a link into a cache that was cleared
  }
}
