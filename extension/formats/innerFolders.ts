/** The folders in a folder, by what is in them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Maximum folders that are looked into. */
const MAX_FOLDERS = 200;

/** Names of inner folders whose entries match, in order. */
export async function foldersWith(
  folder: string,
  isWanted: (names: readonly string[]) => boolean,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter(entry => !entry.isFile() && !entry.name.startsWith('.'));
  const found = await Promise.all(
    folders.slice(0, MAX_FOLDERS).map(async ({ name }) => {
      const inside = await readdir(join(folder, name)).catch((): string[] => []);
      return isWanted(inside) ? [name] : [];
    }),
  );
  return found.flat().sort(naturally);
}

/** checkpoint-500 before checkpoint-1000. */
const naturally = new Intl.Collator('en', { numeric: true }).compare;
