/** Whether something has to be built again. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a built file is missing, or older than one of its sources: files, and folders with all that is in them; or
 * than `lists`, folders whose own entries it was made of. */
export function isStale(built, sources, lists = []) {
  const made = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return true;
  return sources.some(source => newest(source) > made) || lists.some(list => statSync(list).mtimeMs > made);
}

/** A folder itself is new where one of its files came, went, or got another name. */
function newest(path) {
  const stat = statSync(path);
  const inside = stat.isDirectory() ? readdirSync(path).map(name => newest(join(path, name))) : [];
  return Math.max(stat.mtimeMs, ...inside);
}
