/** The texts at the bottom of the form; nothing here touches the page. */
import * as l10n from '@vscode/l10n';
import type { StudioMergePlan } from '../../../extension/protocol/merge.ts';
import type { Problem, Progress } from '../../../extension/protocol/results.ts';
import { NONE, formatBytes } from '../../common/format.ts';
import { formatSeconds } from './numbers.ts';

/** The expected numbers, before anything is merged. */
export function previewOf({ bytes, memory, seconds }: StudioMergePlan): { label: string; value: string }[] {
  const about = (value: string) => `≈ ${value}`;
  const ofBytes = (size: number | undefined) => (size === undefined ? NONE : about(formatBytes(size)));
  return [
    { label: l10n.t('size'), value: ofBytes(bytes) },
    {
      label: l10n.t('time'),
      value: seconds === undefined ? l10n.t('after a first merge') : about(formatSeconds(seconds)),
    },
    { label: l10n.t('memory'), value: ofBytes(memory) },
  ];
}

export const messagesOf = (problems: readonly Problem[], wanted: Problem['severity']): string[] =>
  problems.filter(({ severity }) => severity === wanted).map(({ message }) => message);

export const percentOf = ({ done, total }: Progress): number =>
  total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
