import { basename, dirname, join } from 'node:path';
import { l10n } from 'vscode';
import { exists } from '../../files/exists.ts';
import { formatBytes, formatPercent } from '../../shared/format.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import { startWriting } from '../jobs/again.ts';
import { pickBase } from '../ui/checkpointPicks.ts';
import { pickOutput, type Output, type Proposal } from '../ui/outputPick.ts';
import { pick } from '../ui/pick.ts';
import { runWizard, type Step } from '../ui/wizard.ts';
import type { Run } from './command.ts';
import { readAllowNonfinite } from '../settings.ts';
import { tvqArgument } from './selection.ts';

interface RestoreDraft {
  task: string | undefined;
  base: CheckpointSummary | undefined;
  output: Output | undefined;
}

/** Rebuilds one task's fine-tuned checkpoint from a .tvq file and its base model. */
export const run: Run = async (services, ...args) => {
  const source = await tvqArgument(args);
  if (source === undefined) return;
  const summary = summarizeTvq(await openTvq(source));
  const { checkpoints: known } = await services.checkpoints.snapshot();
  const draft: RestoreDraft = { task: undefined, base: undefined, output: undefined };
  const title = l10n.t('Restore a Checkpoint from {0}', basename(source));
  if (!(await runWizard(title, stepsOf(source, summary, known, draft)))) return;
  const { task, base, output } = draft;
  if (task === undefined || output === undefined) return;
  await startWriting(services, {
    kind: 'restore',
    source,
    base: base?.path,
    task,
    output: output.path,
    dtype: undefined,
    overwrite: output.overwrite,
    force: false,
    allowNonfinite: readAllowNonfinite(),
  });
};

function stepsOf(
  source: string,
  summary: TvqSummary,
  known: readonly CheckpointSummary[],
  draft: RestoreDraft,
): Step[] {
  const chooseTask: Step = async at => {
    const items = summary.tasks.map(({ name, bytes, relativeError }) => ({
      label: name,
      description: [
        formatBytes(bytes),
        ...(relativeError === undefined ? [] : [l10n.t('error {0}', formatPercent(relativeError))]),
      ].join(' · '),
    }));
    const placeholder = l10n.t('Task whose fine-tuned checkpoint to restore');
    const answer = await pick({ at, placeholder, items, active: ({ label }) => label === draft.task });
    if (answer === 'back' || answer === 'cancel') return answer;
    if (answer !== 'button') draft.task = answer[0]?.label;
    return 'next';
  };
  const chooseBase: Step = async at => {
    const answer = await pickBase(at, known, draft.base ?? likelyBase(summary, known));
    if (typeof answer === 'string') return answer;
    draft.base = answer.chosen;
    return 'next';
  };
  const chooseOutput: Step = async at => {
    const kind = { extension: '.safetensors', label: l10n.t('Checkpoint') };
    const answer = await pickOutput(at, await proposals(source, draft), kind);
    if (typeof answer === 'string') return answer;
    draft.output = answer;
    return 'next';
  };
  // FQ keeps whole checkpoints: they need no base.
  return summary.scheme === 'fq' ? [chooseTask, chooseOutput] : [chooseTask, chooseBase, chooseOutput];
}

/** By name and size; the engine compares fingerprints. */
function likelyBase(
  { base, parameters }: TvqSummary,
  known: readonly CheckpointSummary[],
): CheckpointSummary | undefined {
  const fitting = known.filter(one => one.parameters === parameters);
  return fitting.find(({ name }) => name === base.name) ?? fitting[0];
}

/** Proposes a folder that libraries can load, if the base is one, and a file with only the weights. */
async function proposals(source: string, { task = '', base }: RestoreDraft): Promise<Proposal[]> {
  const stem = join(dirname(source), `${basename(source, '.tvq')}-${task}`);
  const file = { path: `${stem}.safetensors`, meaning: l10n.t('Only the weights') };
  if (base === undefined || base.files.includes(base.path)) return [file];
  let folder = stem;
  for (let number = 2; await exists(folder); number++) folder = `${stem}-${number}`;
  return [{ path: folder, meaning: l10n.t("A folder with the weights and the base's configuration") }, file];
}
