import { basename, dirname, join } from 'node:path';
import { l10n, window } from 'vscode';
import { formatBytes, formatPercent } from '../../engine/format.ts';
import { openTvq } from '../../engine/tvq/reader.ts';
import { summarizeTvq } from '../../engine/tvq/summary.ts';
import type { CheckpointSummary, TvqSummary } from '../../protocol.ts';
import { pickBase } from '../ui/checkpointPicks.ts';
import { pickOutput, type Output } from '../ui/outputPick.ts';
import { pick } from '../ui/pick.ts';
import { runWizard, type Step } from '../ui/wizard.ts';
import type { Command } from './command.ts';
import { reveal } from '../reveal.ts';
import { tvqArgument } from './selection.ts';

interface RestoreDraft {
  task: string | undefined;
  base: CheckpointSummary | undefined;
  output: Output | undefined;
}

/** Rebuilds one task's fine-tuned checkpoint from a .tvq file and its base model. */
export const restore: Command = {
  id: 'tvq.restore',
  needsTrust: true,
  async run({ checkpoints, jobs, log }, ...args) {
    const source = await tvqArgument(args);
    if (source === undefined) return;
    const summary = await readSummary(source);
    const { checkpoints: known } = await checkpoints.snapshot();
    const draft: RestoreDraft = { task: undefined, base: undefined, output: undefined };
    const title = l10n.t('Restore a Checkpoint from {0}', basename(source));
    if (!(await runWizard(title, stepsOf(source, summary, known, draft)))) return;
    const { task, base, output } = draft;
    if (task === undefined || base === undefined || output === undefined) return;
    const result = await jobs.run(l10n.t('Restoring {0}', task), (engine, options, hooks) =>
      engine.restore(
        {
          kind: 'restore',
          source,
          base: base.path,
          task,
          output: output.path,
          dtype: undefined,
          overwrite: output.overwrite,
          force: false,
        },
        options,
        hooks,
      ),
    );
    for (const warning of result.warnings) log.warn(warning);
    const show = l10n.t('Reveal');
    const wrote = l10n.t('Wrote {0}: {1}', basename(result.output), formatBytes(result.bytes));
    if ((await window.showInformationMessage(wrote, show)) === show) await reveal(result.output);
  },
};

async function readSummary(path: string): Promise<TvqSummary> {
  return summarizeTvq(await openTvq(path));
}

function stepsOf(
  source: string,
  summary: TvqSummary,
  known: readonly CheckpointSummary[],
  draft: RestoreDraft,
): Step[] {
  return [
    async at => {
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
    },
    async at => {
      const likely = known.filter(({ parameters }) => parameters === summary.parameters);
      const named = known.filter(({ name }) => name === summary.base.name);
      const proposed = draft.base ?? named.find(one => likely.includes(one)) ?? named[0] ?? likely[0];
      const answer = await pickBase(at, known, proposed);
      if (typeof answer === 'string') return answer;
      draft.base = answer.chosen;
      return 'next';
    },
    async at => {
      const name = `${basename(source, '.tvq')}-${draft.task ?? ''}.safetensors`;
      const kind = { extension: '.safetensors', label: l10n.t('Checkpoint') };
      const answer = await pickOutput(at, join(dirname(source), name), kind);
      if (typeof answer === 'string') return answer;
      draft.output = answer;
      return 'next';
    },
  ];
}
