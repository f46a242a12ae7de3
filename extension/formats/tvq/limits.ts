/** What a planned .tvq file would contain beyond readers' limits: reported before anything is read or written. */
import type { Problem } from '../../protocol/results.ts';
import { shortened } from '../../shared/shortened.ts';
import { MAX_HEADER_BYTES } from '../safetensors/headerRoom.ts';
import { formatBytes } from '../../shared/format.ts';
import { listed } from '../listed.ts';
import { recordsOf, type RoomyLayout } from './header.ts';
import { MAX_EXTRAS, MAX_FILES } from './metadata.ts';
import { MAX_NAME, MAX_RANK, MAX_RECORDS, MAX_TABLE_BYTES, MAX_TENSORS, MAX_VECTORS } from './tables.ts';

/** One line for each limit that the file would exceed; the limits are those of the metadata's schema. */
export function beyondLimits(layout: RoomyLayout): Problem[] {
  const { tensors, base, vectors, files, headerBytes, table } = layout;
  const checkpoints = [base.name, ...vectors.flatMap(({ checkpoint }) => checkpoint ?? [])];
  const highRank = tensors.filter(([, , shape]) => shape.length > MAX_RANK);
  const count = (found: number, most: number, things: string) =>
    found > most ? [`${found} ${things}; a .tvq file holds at most ${most}`] : [];
  return [
    ...longNames(
      tensors.map(([name]) => name),
      listed,
    ),
    ...longNames(checkpoints, ([name]) => `checkpoint "${name}"`),
    ...longNames(
      files.listed.table.map(([name]) => name),
      ([name]) => `file "${name}"`,
    ),
    ...highRank
      .slice(0, 1)
      .map(
        ([, , shape]) =>
          `${listed([...new Set(highRank.map(([name]) => shortened(name)))])}: ${shape.length} dimensions; ` +
          `a .tvq file holds tensors of at most ${MAX_RANK}`,
      ),
    ...count(tensors.length, MAX_TENSORS, 'different tensors'),
    ...count(vectors.length, MAX_VECTORS, 'task vectors'),
    ...count(files.listed.table.length, MAX_EXTRAS, 'files beside the weights'),
    ...files.listed.tasks.flatMap(([task, rows]) =>
      count(rows.length, MAX_FILES, `files beside the weights of task "${task}"`),
    ),
    ...count(recordsOf(layout), MAX_RECORDS, 'tensors of all task vectors').map(splitIt),
    ...tooLong(table.bytes, MAX_TABLE_BYTES, 'the names and shapes of their tensors take').map(splitIt),
    ...tooLong(headerBytes, MAX_HEADER_BYTES, 'recipe and list of files need a header of'),
  ].map(message => ({ severity: 'error', message }));
}

const splitIt = (problem: string): string => `${problem}: quantize fewer tasks into one file`;

const tooLong = (found: number, most: number, what: string): string[] =>
  found > most ? [`${what} ${formatBytes(found)}; a .tvq file holds at most ${formatBytes(most)}`] : [];

/** @param described wording for a message about what has these names */
function longNames(names: readonly string[], described: (names: readonly string[]) => string): string[] {
  const long = [...new Set(names.filter(name => name.length > MAX_NAME))];
  const [first] = long;
  if (first === undefined) return [];
  const what = described(long.map(name => shortened(name)));
  return [`${what}: a name of ${first.length} characters; a .tvq file holds names of at most ${MAX_NAME}`];
}
