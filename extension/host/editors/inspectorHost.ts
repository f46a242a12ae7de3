/** The requests of the inspector's page. */
import { basename } from 'node:path';
import { commands, l10n } from 'vscode';
import { queryTensors, summarizeTvq } from '../../formats/tvq/summary.ts';
import type { TaskComparisons } from '../../protocol/comparison.ts';
import type { InspectorHost, InspectorPage, InspectorWork, VerifyOutcome } from '../../protocol/inspector.ts';
import type { VerifyResult } from '../../protocol/results.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import type { RequestHooks } from '../engineClient.ts';
import { checkTrust } from '../errors.ts';
import { savePageFile } from '../saveFile.ts';
import type { Services } from '../services.ts';
import { readViewOptions } from '../settings.ts';
import { exportCsv } from './csv.ts';
import type { PageWork } from './pageWork.ts';
import type { TvqDocument } from './tvqDocument.ts';

/** A page cannot use more; the log has them all. */
const MAX_DAMAGED = 100;
/** Characters of a recipe that a page is given. */
const MAX_RECIPE = 256 * 1024;
/** Opens the Studio with what a .tvq file was made from; exists only in versions that have a Studio. */
const OPEN_STUDIO = 'tvq.openStudio';

/** Answers one page from its document. `page` is where progress goes. */
export function inspectorHost(
  document: TvqDocument,
  { engine, jobs, log }: Services,
  work: PageWork<InspectorWork>,
  page: () => InspectorPage,
): InspectorHost {
  const { fsPath } = document.uri;
  const name = basename(fsPath);
  const follow = (kind: InspectorWork, token: RequestHooks['token']): RequestHooks => ({
    token,
    onProgress: progress => page().progress(kind, progress),
  });

  return {
    open: async () => ({
      summary: bounded(summarizeTvq(await document.open())),
      studio: (await commands.getCommands(true)).includes(OPEN_STUDIO),
      verified: document.findings.verified,
      compared: [...document.findings.comparisons.values()].at(-1),
    }),
    tensors: async query => queryTensors(await document.open(), query),
    exportCsv: async query => exportCsv(document.uri, await document.open(), query),
    saveFile: file => savePageFile(document.uri, file),
    openStudio: async () => {
      await commands.executeCommand(OPEN_STUDIO, document.uri);
    },
    cancel: async kind => work.cancel(kind),
    detail: async (vector, tensor) => {
      await document.open();
      return work.run('detail', token =>
        document.read(path =>
          engine.tensorDetail({ file: path, vector, tensor }, readViewOptions(), { token }),
        ),
      );
    },
    verify: async () => {
      if (!(await checkTrust())) return undefined;
      const { findings } = document;
      const result = await work.run('verify', token =>
        jobs.follow(
          l10n.t('Verifying {0}', name),
          (client, options, hooks) => document.read(path => client.verify(path, options, hooks)),
          follow('verify', token),
        ),
      );
      for (const line of result?.damaged ?? []) log.error(`${fsPath}: ${line}`);
      if (result) findings.verified = outcomeOf(result);
      return result && findings.verified;
    },
    compare: async most => {
      const { comparisons } = document.findings;
      const known = comparisons.get(most);
      if (known) return known;
      await document.open();
      const found = await work.run('compare', token =>
        jobs.follow<TaskComparisons>(
          l10n.t('Comparing the tasks of {0}', name),
          (client, options, hooks) =>
            document.read(path => client.compareTasks({ vectors: { file: path }, most }, options, hooks)),
          follow('compare', token),
        ),
      );
      if (found) comparisons.set(most, found);
      return found;
    },
  };
}

const outcomeOf = ({ checked, damaged }: VerifyResult): VerifyOutcome => ({
  checked,
  damaged: damaged.slice(0, MAX_DAMAGED),
  damagedCount: damaged.length,
});

/** A summary short enough for a message, whatever recipe the file has. */
const bounded = (summary: TvqSummary): TvqSummary =>
  (JSON.stringify(summary.recipe) ?? '').length <= MAX_RECIPE ? summary : { ...summary, recipe: undefined };
