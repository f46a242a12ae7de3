/** The Studio's selection for a .tvq file: what it was made from, and with which settings. */
import { basename } from 'node:path';
import { l10n } from 'vscode';
import { openTvq, type TvqFile } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { StudioSelection } from '../../protocol/studio.ts';
import type { Services } from '../services.ts';
import { sourceCheckpoints, type SourceCheckpoints } from '../source/checkpoints.ts';
import { sourceSettings } from '../source/settings.ts';
import { browseCheckpoints, merge } from '../ui/checkpointPicks.ts';
import { pickMissing } from '../ui/missingPick.ts';
import { notifyWarning } from '../ui/notify.ts';
import { runWizard, type Position, type Step, type Turn } from '../ui/wizard.ts';
import { describeUnmatched } from './describeUnmatched.ts';
import { taskNames, type QuantizeDraft } from './quantizeDraft.ts';
import { selectionSteps } from './selectionSteps.ts';

/** Answers so far about one file. */
interface SourceDraft {
  readonly file: TvqFile;
  sources: SourceCheckpoints;
  readonly answers: QuantizeDraft;
}

/**
 * Finds a file's checkpoints in the workspace; asks only if some are missing.
 * @returns undefined when the user backed out
 */
export async function selectionFromFile(
  { checkpoints, log }: Pick<Services, 'checkpoints' | 'log'>,
  path: string,
): Promise<StudioSelection | undefined> {
  const [file, { checkpoints: known }] = await Promise.all([openTvq(path), checkpoints.snapshot()]);
  const draft = draftOf(file, known);
  for (const { name, found } of draft.sources) {
    log.info(`${basename(path)}: ${name} is ${found?.path ?? 'not in the workspace'}.`);
  }
  if (!(await runWizard(l10n.t('TVQ Studio: {0}', basename(path)), stepsOf(draft)))) return undefined;
  return selectionOf(draft);
}

function draftOf(file: TvqFile, known: readonly CheckpointSummary[]): SourceDraft {
  const sources = sourceCheckpoints(file, known);
  const [base, ...tasks] = sources;
  const found = tasks.flatMap(task => task.found ?? []);
  const answers = {
    known,
    base: base.found,
    tasks: found.length > 0 ? found : undefined,
    choice: undefined,
    output: undefined,
  };
  return { file, sources, answers };
}

const foundOf = ({ sources }: SourceDraft) => sources.filter(({ found }) => found !== undefined);
const isWhole = (draft: SourceDraft): boolean => foundOf(draft).length === draft.sources.length;

/** What was found is not asked for, but the user can go back to it. */
function stepsOf(draft: SourceDraft): Step[] {
  const [chooseBase, chooseTasks] = selectionSteps(draft.answers);
  const unless =
    (isAnswered: () => boolean, step: Step): Step =>
    async (at, forward) =>
      forward && isAnswered() ? 'next' : step(at, forward);
  return [
    unless(
      () => isWhole(draft),
      at => findMissing(draft, at),
    ),
    unless(() => draft.sources[0].found !== undefined, chooseBase),
    unless(() => isWhole(draft), chooseTasks),
  ];
}

/** Says what is missing, and searches folders until everything is found or the user continues without it. */
async function findMissing(draft: SourceDraft, at: Position): Promise<Turn> {
  do {
    const answer = await pickMissing(at, basename(draft.file.path), draft.sources);
    if (answer !== 'browse') return answer;
    const added = await browseCheckpoints();
    const before = foundOf(draft).length;
    const { sources, answers } = draftOf(draft.file, merge(draft.answers.known, added));
    draft.sources = sources;
    Object.assign(draft.answers, answers);
    if (added.length > 0 && foundOf(draft).length === before) {
      void notifyWarning(
        l10n.t(
          'None of them was found by its name with the tensors that {0} has of it.',
          basename(draft.file.path),
        ),
      );
    }
  } while (!isWhole(draft));
  return 'next';
}

/** `source` is kept if all tasks are the file's own, because they can then be merged from it. */
function selectionOf({ file, sources, answers }: SourceDraft): StudioSelection | undefined {
  const { base, tasks } = answers;
  if (base === undefined || tasks === undefined) return undefined;
  const [fileBase, ...fileTasks] = sources;
  const names = new Map(fileTasks.flatMap(({ task, found }) => (task && found ? [[found.path, task]] : [])));
  const named = taskNames(tasks, names);
  const isOwn = base.path === fileBase.found?.path && tasks.every(({ path }) => names.has(path));
  const summary = summarizeTvq(file);
  const { start, unmatched } = sourceSettings(
    summary,
    named.map(({ name }) => name),
  );
  const note = describeUnmatched(summary, unmatched);
  return {
    base: { name: base.name, path: base.path },
    tasks: named,
    ...(isOwn ? { source: file.path } : {}),
    start,
    ...(note === undefined ? {} : { note }),
  };
}
