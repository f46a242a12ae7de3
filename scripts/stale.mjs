/** Tells whether something has to be rebuilt. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a built file is missing, or older than one of its sources: files, and folders with everything in them; or
 * older than `lists`, folders whose own entries it was made from. */
export function isStale(built, sources, lists = []) {
  const made = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return true;
  return sources.some(source => newest(source) > made) || lists.some(list => statSync(list).mtimeMs > made);
}

/** A folder itself counts as changed when one of its files was added, removed or renamed. */
function newest(path) {
  const stat = statSync(path);
  const inside = stat.isDirectory() ? readdirSync(path).map(name => newest(join(path, name))) : [];
  return Math.max(stat.mtimeMs, ...inside);
}
