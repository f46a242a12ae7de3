/** Tooltips of the checkpoint tree: made when one is shown, because a .tvq file's header is read for it. */
import { l10n, workspace, type MarkdownString } from 'vscode';
import { formatBits, formatBytes, formatCount, formatPercent } from '../../shared/format.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import { describeScheme, displayPath } from '../describe.ts';
import { messageOf } from '../errors.ts';
import { facts, paragraphs } from '../ui/facts.ts';
import type { CheckpointNode, TvqNode } from './checkpointNodes.ts';

export function checkpointTooltip({ checkpoint, isBase }: CheckpointNode): MarkdownString {
  const { path, files, format, bytes, parameters, dtypes, tensors, model, notes } = checkpoint;
  const perType = dtypes.map(({ dtype, parameters: count }) => `${dtype} ${formatCount(count)}`).join(', ');
  return facts(displayPath(path), [
    [l10n.t('Role'), isBase ? l10n.t('proposed base model') : undefined],
    [l10n.t('Model'), model],
    [l10n.t('Parameters'), `${formatCount(parameters)} (${perType})`],
    [l10n.t('Tensors'), String(tensors)],
    [l10n.t('Format'), format],
    [
      l10n.t('Size'),
      files.length > 1 ? l10n.t('{0} in {1} files', formatBytes(bytes), files.length) : formatBytes(bytes),
    ],
    [l10n.t('Note'), notes.length > 0 ? notes.join('\n') : undefined],
  ]);
}

export async function tvqTooltip({ entry }: TvqNode): Promise<MarkdownString> {
  const title = displayPath(entry.path);
  if (!workspace.isTrusted) return paragraphs([title, l10n.t('Not opened: the workspace is not trusted.')]);
  try {
    const summary = summarizeTvq(await openTvq(entry.path));
    const { bytes, bitsPerWeight, fp32Bytes } = summary;
    const share = formatPercent(bytes / fp32Bytes);
    return facts(title, [
      [l10n.t('Scheme'), describeScheme(summary)],
      [l10n.t('Base model'), summary.base.name],
      [l10n.t('Tasks'), summary.tasks.map(({ name }) => name).join(', ')],
      [
        l10n.t('Size'),
        `${formatBytes(bytes)} · ${formatBits(bitsPerWeight)} · ${l10n.t('{0} of FP32', share)}`,
      ],
    ]);
  } catch (error) {
    return facts(title, [[l10n.t('Cannot be read'), messageOf(error)]]);
  }
}
