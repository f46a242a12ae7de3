/** What the bottom of the form says; nothing here touches the page. */
import type { Problem, Progress, StudioMergePlan } from '../../../extension/protocol.ts';
import { formatBytes } from '../../common/format.ts';
import { formatSeconds } from './numbers.ts';

/** Numbers that are expected, before anything is merged. */
export function previewOf({ bytes, memory, seconds }: StudioMergePlan): { label: string; value: string }[] {
  const parts: [label: string, value: string | undefined][] = [
    ['size', bytes === undefined ? undefined : formatBytes(bytes)],
    ['time', seconds === undefined ? undefined : formatSeconds(seconds)],
    ['memory', memory === undefined ? undefined : formatBytes(memory)],
  ];
  return parts.map(([label, value]) => ({
    label,
    value: value === undefined ? (label === 'time' ? 'after a first merge' : '–') : `≈ ${value}`,
  }));
}

export const messagesOf = (problems: readonly Problem[], wanted: Problem['severity']): string[] =>
  problems.filter(({ severity }) => severity === wanted).map(({ message }) => message);

export const percentOf = ({ done, total }: Progress): number =>
  total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
