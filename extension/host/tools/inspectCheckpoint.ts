import { l10n, workspace } from 'vscode';
import { openCheckpoint } from '../../formats/checkpoint.ts';
import { describeCheckpoint } from '../../formats/discover.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { Snapshot } from '../checkpointSearch.ts';
import { chosenKind } from '../chosenPath.ts';
import { displayPath } from '../describe.ts';
import { paragraphs } from '../ui/facts.ts';
import { inspectedPath } from './recipes.ts';
import { workspaceFolders, type Tool } from './tool.ts';

/** More would only fill the model's context; the answer says how many there are. */
const MAX_LISTED = 200;

/** What is in the workspace, or in one checkpoint or .tvq file: from headers alone. */
export const inspectCheckpoint: Tool = {
  prepare(_services, input) {
    const path = inspectedPath(input, workspaceFolders());
    const message = path ? l10n.t('Inspecting {0}', displayPath(path)) : l10n.t('Looking for checkpoints');
    return { invocationMessage: paragraphs([message]) };
  },
  async invoke({ checkpoints }, input) {
    const path = inspectedPath(input, workspaceFolders());
    if (path === undefined) return overview(await checkpoints.snapshot());
    if (!workspace.isTrusted)
      throw new Error('The workspace is not trusted: nothing is opened, ask the user.');
    if ((await chosenKind(path)) !== 'tvq')
      return brief(await describeCheckpoint(await openCheckpoint(path)));
    const { recipe: _recipe, ...summary } = summarizeTvq(await openTvq(path));
    return summary;
  },
};

const overview = ({ checkpoints, tvqFiles, failures, unopened, stops }: Snapshot) => ({
  counts: {
    checkpoints: checkpoints.length + unopened.length,
    tvqFiles: tvqFiles.length,
    unreadable: failures.length,
  },
  ...(unopened.length > 0 && { restricted: 'the workspace is not trusted: names and sizes only' }),
  ...(stops.length > 0 && { stops }),
  checkpoints: [
    ...checkpoints.map(brief),
    ...unopened.map(({ path, bytes, files }) => ({ path: displayPath(path), bytes, files })),
  ].slice(0, MAX_LISTED),
  tvqFiles: tvqFiles.slice(0, MAX_LISTED).map(({ path, bytes }) => ({ path: displayPath(path), bytes })),
});

/** A path that the other tools accept, and the number of files instead of their names. */
const brief = ({ path, files, ...rest }: CheckpointSummary) => ({
  ...rest,
  path: displayPath(path),
  files: files.length,
});
