/** Numbers by layer, and the user's metrics, as small charts beside each other; nothing here touches the page. */
import * as l10n from '@vscode/l10n';
import type { LayerTotals, StudioMerged } from '../../../extension/protocol/merge.ts';
import type { MergeTotals } from '../../../extension/protocol/results.ts';
import { layerName } from '../../../extension/shared/layerName.ts';
import { formatError } from '../../common/format.ts';
import { formatNumber, formatShare } from './numbers.ts';
import { inputOf, keptShare, unique } from './resultModel.ts';

/** One small chart: one line per merge, over the layers. */
export interface LayerPanel {
  /** Its title before it is translated: files are named after it. */
  readonly name: string;
  readonly title: string;
  /** By merge, then by layer; null where there is no number. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Ends of the axis; undefined: 0, or what the values need. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly format: (value: number) => string;
  /** Whether the axis is in percent. */
  readonly isShare: boolean;
}

export interface LayerPanels {
  /** Names of the layers; null, for what is outside them, comes last and is not drawn. */
  readonly layers: readonly (string | null)[];
  readonly panels: readonly LayerPanel[];
}

type Measure = (totals: MergeTotals) => number | null | undefined;

/** What is known about the merges by layer; charts without a number are left out. */
export function layerPanels(merges: readonly StudioMerged[]): LayerPanels {
  const all = merges.flatMap(({ report }) => report?.layers ?? []);
  const stacks = unique(all.flatMap(({ stack, layer }) => (layer === null ? [] : [stack])));
  const nameOf = ({ stack, layer }: LayerTotals) =>
    layer === null ? null : layerName({ stack: stack ?? '', number: layer }, stacks.length);
  const place = ({ stack, layer }: LayerTotals) => (layer === null ? stacks.length : stacks.indexOf(stack));
  all.sort((a, b) => place(a) - place(b) || (a.layer ?? 0) - (b.layer ?? 0));
  const layers = unique(all.map(nameOf));
  const valuesOf = (measure: Measure) =>
    merges.map(({ report }) => {
      const known = new Map(report?.layers.map(totals => [nameOf(totals), totals]));
      return layers.map(layer => {
        const totals = known.get(layer);
        return (totals && measure(totals)) ?? null;
      });
    });
  const panel = (
    name: string,
    title: string,
    measure: Measure,
    format: LayerPanel['format'],
    maximum?: number,
  ) => {
    const values = valuesOf(measure);
    return {
      name,
      title,
      values,
      minimum: leastOf(values),
      maximum,
      format,
      isShare: format === formatShare,
    };
  };
  const tasks = unique(merges.flatMap(({ report }) => report?.model.inputs.map(({ name }) => name) ?? []));
  const cosines = tasks.map(task =>
    panel(
      `cosine to ${task}`,
      l10n.t('Cosine to {0}', task),
      totals => inputOf(totals, task)?.cosine,
      formatNumber,
      1,
    ),
  );
  // One scale for all tasks, so that they can be compared at a glance.
  const least = Math.min(0, ...cosines.map(({ minimum }) => minimum));
  const panels = [
    panel('norm', l10n.t('Norm'), ({ norm }) => norm, formatNumber),
    panel('sign conflicts', l10n.t('Sign conflicts'), ({ signConflicts }) => signConflicts, formatShare),
    panel('kept share', l10n.t('Kept share'), keptShare, formatShare),
    panel(
      'difference from full precision',
      l10n.t('Difference from full precision'),
      ({ difference }) => difference,
      formatError,
    ),
    ...cosines.map(cosine => ({ ...cosine, minimum: least })),
  ];
  return { layers, panels: panels.filter(({ values }) => values.flat().some(value => value !== null)) };
}

/** The axis starts at zero, or at the lowest value if that is negative. */
const leastOf = (values: LayerPanel['values']): number =>
  Math.min(0, ...values.flat().filter(value => value !== null));

/** One small chart: one bar per merge. */
export interface MetricPanel {
  readonly title: string;
  /** By merge; null where it was not evaluated. */
  readonly values: readonly (number | null)[];
}

export function metricPanels(merges: readonly StudioMerged[]): MetricPanel[] {
  const names = unique(merges.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  return names.map(title => ({
    title,
    values: merges.map(({ metrics }) => metrics.find(({ name }) => name === title)?.value ?? null),
  }));
}
