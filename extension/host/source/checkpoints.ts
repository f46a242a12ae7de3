/**
 * Which checkpoints a .tvq file was made from, as far as its header tells: it has their names, tensors and shapes, but
 * not their paths. No `vscode` here, so that tests can run it.
 */
import { dirname, relative, sep } from 'node:path';
import { architectureOf } from '../../formats/discover.ts';
import type { TvqFile } from '../../formats/tvq/reader.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import { groupBy } from '../../shared/groupBy.ts';

/** What a header says about a checkpoint. */
interface Wanted {
  /** Last part of its path. */
  readonly name: string;
  /** Its task; undefined: it is the base model. */
  readonly task: string | undefined;
  /** undefined if the file does not say: FQ has whole models, and no tensors of a base. */
  readonly architecture: string | undefined;
}

/** A checkpoint that a file names, and where it is. */
export interface SourceCheckpoint extends Pick<Wanted, 'name' | 'task'> {
  readonly found: CheckpointSummary | undefined;
  /** Whether there is one of that name with other tensors. */
  readonly hasNamesake: boolean;
}

/** The base model first, then the tasks in the file's order. */
export type SourceCheckpoints = readonly [base: SourceCheckpoint, ...tasks: SourceCheckpoint[]];

/**
 * Finds what a file was made from among `known`. Of several candidates, the nearest to the file wins; of equally near
 * ones, one that has most of the others beside it.
 */
export function sourceCheckpoints(
  file: Pick<TvqFile, 'path' | 'base' | 'tasks'>,
  known: readonly CheckpointSummary[],
): SourceCheckpoints {
  const [base, ...tasks] = wantedBy(file);
  const wanted = [base, ...tasks];
  const fitting = known.filter(one => wanted.some(want => fits(one, want)));
  const folders = groupBy(fitting, ({ path }) => dirname(path));
  const company = ({ path }: CheckpointSummary) => folders.get(dirname(path))?.length ?? 0;
  const from = dirname(file.path);
  const distance = ({ path }: CheckpointSummary) => relative(from, path).split(sep).length;
  const byRank = (a: CheckpointSummary, b: CheckpointSummary) =>
    distance(a) - distance(b) || company(b) - company(a) || (a.path < b.path ? -1 : 1);
  const find = (want: Wanted): SourceCheckpoint => {
    const { name, task } = want;
    const rivals = wanted.filter(other => other !== want && other.name === name);
    const candidates = fitting.filter(one => fits(one, want));
    const [found] = meant(candidates, want, rivals).sort(byRank);
    const hasNamesake = found === undefined && known.some(one => one.name === name && !fits(one, want));
    return { name, task, found, hasNamesake };
  };
  return [find(base), ...tasks.map(find)];
}

function wantedBy({ base, tasks }: Pick<TvqFile, 'base' | 'tasks'>): [Wanted, ...Wanted[]] {
  const architecture = base.tensors.length === 0 ? undefined : architectureOf(base.tensors);
  return [
    { name: base.name, task: undefined, architecture },
    ...tasks.map(({ name, source, records }) => {
      const present = records.filter(({ codec }) => codec.codec !== 'absent');
      const tensors = present.map(({ tensor, shape }) => ({ name: tensor, shape }));
      return { name: source?.name ?? '', task: name, architecture: architectureOf(tensors) };
    }),
  ];
}

const fits = ({ name, architecture }: CheckpointSummary, want: Wanted): boolean =>
  name === want.name && (want.architecture ?? architecture) === architecture;

/**
 * If several wanted checkpoints share one name (math/step-900, code/step-900), folders distinguish the tasks: those
 * that name the task, else those that name no other, if only one task is left that no folder names.
 */
function meant(
  candidates: readonly CheckpointSummary[],
  want: Wanted,
  rivals: readonly Wanted[],
): CheckpointSummary[] {
  if (rivals.length === 0) return [...candidates];
  const namedAfter = ({ task }: Wanted) =>
    candidates.filter(({ path, name }) => {
      const folders = dirname(path).split(sep);
      return task !== undefined && [...folders, `${folders.at(-1)}-${name}`].includes(task);
    });
  const own = namedAfter(want);
  if (own.length > 0) return own;
  const others = rivals.map(namedAfter);
  if (others.some(found => found.length === 0)) return [];
  return candidates.filter(one => !others.flat().includes(one));
}
