/** One-line descriptions that the tree, the pickers and the notifications share. */
import { l10n, workspace } from 'vscode';
import { formatBits, formatBytes, formatCount, formatPercent } from '../shared/format.ts';
import type { CheckpointSummary } from '../protocol/checkpoints.ts';
import type { TvqSummary } from '../protocol/tvq.ts';
import { PRESETS, type QuantizeSettings } from '../shared/presets.ts';

const NO_BREAK_SPACE = '\u00a0';

/** "304 M · BF16 · 608 MB", "a LoRA adapter (PEFT, rank 8) · F32 · 8.16 kB". */
export function describeCheckpoint({ parameters, dtypes, bytes, adapter }: CheckpointSummary): string {
  return [
    adapter ?? formatCount(parameters),
    dtypes.map(({ dtype }) => dtype).join(' + '),
    formatBytes(bytes),
  ]
    .filter(part => part !== '')
    .join(' · ');
}

/** "1.7 MB · 2.40 bpw · 8.0 % of FP32", which breaks at the dots only. */
export function describeSize(size: { bytes: number; bitsPerWeight: number; fp32Bytes: number }): string {
  const share = l10n.t('{0} of FP32', formatPercent(size.bytes / size.fp32Bytes));
  return keepTogether([formatBytes(size.bytes), formatBits(size.bitsPerWeight), share]);
}

/** The defined parts, with dots between them; lines break at the dots only. */
export function keepTogether(parts: readonly (string | undefined)[]): string {
  const known = parts.filter(part => part !== undefined);
  return known.map(part => part.replaceAll(' ', NO_BREAK_SPACE)).join(' · ');
}

/** "RTVQ · 3-bit base + 2-bit offsets"; "bits by tensor" for a file made to a budget. */
export function describeScheme({ scheme, bits, baseBits }: Pick<TvqSummary, 'scheme' | 'bits' | 'baseBits'>) {
  if (bits === undefined)
    return scheme === 'rtvq' ? l10n.t('RTVQ · bits by tensor') : l10n.t('TVQ · bits by tensor');
  switch (scheme) {
    case 'rtvq':
      return l10n.t('RTVQ · {0}-bit base + {1}-bit offsets', baseBits ?? bits, bits);
    case 'tvq':
      return l10n.t('TVQ · {0}-bit task vectors', bits);
    case 'fq':
      return l10n.t('FQ · {0}-bit checkpoints', bits);
  }
}

/** For file names: "balanced", "tvq-1.5bpw", or as papers write it: "rtvq-b3o2". */
export function schemeSlug(choice: QuantizeSettings): string {
  const preset = PRESETS.find(({ settings }) => settings === choice);
  if (preset) return preset.name;
  const { scheme, bits, baseBits, budget } = choice;
  if (budget !== undefined) return `${scheme}-${budget.replace('%', 'percent').replace(/[^\w.]+/g, '-')}`;
  return scheme === 'rtvq' ? `rtvq-b${baseBits}o${bits}` : `${scheme}-int${bits}`;
}

/**
 * The path to show: relative to its workspace folder, absolute outside; also absolute if two folders of the workspace
 * have the same name, as a relative path could not tell them apart.
 */
export function displayPath(path: string): string {
  const names = (workspace.workspaceFolders ?? []).map(({ name }) => name);
  return new Set(names).size < names.length ? path : workspace.asRelativePath(path);
}
