/** The results as rows of one table, one column per merge; nothing here touches the page. */
import * as l10n from '@vscode/l10n';
import type { StudioMerged } from '../../../extension/protocol/merge.ts';
import type {
  MergeMethodInfo,
  ParameterScalar,
  ParameterValue,
} from '../../../extension/protocol/recipes.ts';
import type { MergeTotals } from '../../../extension/protocol/results.ts';
import { csv } from '../../../extension/shared/csv.ts';
import { formatValue, isDefault } from '../../../extension/shared/mergeParameters.ts';
import { NONE, formatBytes, formatError } from '../../common/format.ts';
import { fileName } from '../../common/names.ts';
import { rangeOf } from './formModel.ts';
import { formatNumber, formatSeconds, formatShare, formatSigned } from './numbers.ts';

export interface ResultCell {
  readonly text: string;
  /** The full content, where the text is a summary. */
  readonly title?: string | undefined;
  /** For the difference of two columns, and for CSV. */
  readonly value?: number | undefined;
  /** A parameter that is not at its default. */
  readonly changed?: boolean;
}

export interface ResultRow {
  readonly label: string;
  readonly cells: readonly ResultCell[];
  /** The second of two compared columns minus the first; undefined where they are not compared. */
  readonly difference: ResultCell | undefined;
}

export interface ResultGroup {
  readonly title: string;
  readonly rows: readonly ResultRow[];
}

type Format = (value: number) => string;

/** More columns than this cannot be distinguished in a chart. */
export const MAX_SHOWN = 6;

/** Columns that charts show: those that were selected, else the newest. */
export function shownMerges(merges: readonly StudioMerged[], selected: readonly string[]): StudioMerged[] {
  const chosen = merges.filter(({ output }) => selected.includes(output));
  return (chosen.length > 0 ? chosen : merges).slice(-MAX_SHOWN);
}

/** Selecting a third one deselects the one that was selected first. */
export function toggleSelected(selected: readonly string[], output: string): string[] {
  return selected.includes(output) ? selected.filter(one => one !== output) : [...selected, output].slice(-2);
}

/** The table. With exactly two `selected` merges, rows have their difference. */
export function resultGroups(
  merges: readonly StudioMerged[],
  methods: readonly MergeMethodInfo[],
  selected: readonly string[] = [],
): ResultGroup[] {
  const compared = selected.map(output => merges.findIndex(merge => merge.output === output));
  const [first = -1, second = -1] = compared.sort((a, b) => a - b);
  const row = (label: string, cells: readonly ResultCell[], format?: Format): ResultRow => ({
    label,
    cells,
    difference: first < 0 || second < 0 ? undefined : differenceOf(cells[first], cells[second], format),
  });
  const numbers = (label: string, of: (merge: StudioMerged) => number | null | undefined, format: Format) =>
    row(
      label,
      merges.map(of).map(value => numberCell(value, format)),
      format,
    );
  const ofModel = (label: string, of: (totals: MergeTotals) => number | null | undefined, format: Format) =>
    numbers(label, ({ report }) => report && of(report.model), format);
  const methodOf = (merge: StudioMerged) => methods.find(({ name }) => name === merge.report?.method);
  const tasks = unique(merges.flatMap(({ report }) => report?.model.inputs.map(({ name }) => name) ?? []));
  const metrics = unique(merges.flatMap(merge => merge.metrics.map(({ name }) => name)));
  const groups = [
    {
      title: l10n.t('Merge'),
      rows: [
        row(
          l10n.t('Method'),
          merges.map(merge => ({ text: methodOf(merge)?.title ?? merge.report?.method ?? NONE })),
        ),
        row(l10n.t('Made from'), merges.map(sourceCell)),
      ],
    },
    {
      title: l10n.t('Parameters'),
      rows: unique(merges.flatMap(({ report }) => Object.keys(report?.parameters ?? {}))).map(name =>
        row(
          name,
          merges.map(merge => parameterCell(merge, methodOf(merge), name)),
        ),
      ),
    },
    {
      title: l10n.t('Result'),
      rows: [
        numbers(l10n.t('Size'), ({ bytes }) => bytes, formatBytes),
        numbers(l10n.t('Time'), ({ seconds }) => seconds, formatSeconds),
        ofModel(l10n.t('Difference from full precision'), ({ difference }) => difference, formatError),
        ofModel(l10n.t('Norm'), ({ norm }) => norm, formatNumber),
        ofModel(l10n.t('Sign conflicts'), ({ signConflicts }) => signConflicts, formatShare),
        ofModel(l10n.t('Kept share'), keptShare, formatShare),
      ],
    },
    {
      title: l10n.t('Cosine to each task'),
      rows: tasks.map(task => ofModel(task, totals => inputOf(totals, task)?.cosine, formatNumber)),
    },
    {
      title: l10n.t('Evaluation'),
      rows: metrics.map(metric =>
        numbers(metric, merge => merge.metrics.find(({ name }) => name === metric)?.value, formatNumber),
      ),
    },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

/** Of all tasks together; the charts have each task's own. */
export function keptShare({ inputs }: MergeTotals): number | null {
  const shares = inputs.flatMap(({ kept }) => kept ?? []);
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

export const inputOf = ({ inputs }: MergeTotals, task: string) => inputs.find(({ name }) => name === task);

export const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function numberCell(value: number | null | undefined, format: Format): ResultCell {
  if (value === null || value === undefined) return { text: NONE };
  return { text: format(value), value };
}

const sourceCell = ({ source }: StudioMerged): ResultCell =>
  source === undefined ? { text: l10n.t('checkpoints') } : { text: fileName(source), title: source };

/** Parameters are shown the way they are typed. */
const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** Numbers differ by a number; for anything else only the fact that it differs is shown. */
function differenceOf(
  a: ResultCell | undefined,
  b: ResultCell | undefined,
  format: Format | undefined,
): ResultCell {
  if (a?.value !== undefined && b?.value !== undefined) {
    const value = b.value - a.value;
    return { text: formatSigned(value, format ?? shortNumber), value };
  }
  if (format !== undefined) return { text: NONE };
  return {
    text: a?.text === b?.text ? '' : '≠',
    title: a?.text === b?.text ? undefined : l10n.t('different'),
  };
}

function parameterCell(merge: StudioMerged, method: MergeMethodInfo | undefined, name: string): ResultCell {
  const { report } = merge;
  const shared = report?.parameters[name];
  if (report === undefined || shared === undefined) return { text: '' };
  const parameter = method?.parameters.find(known => known.name === name);
  const own = Object.entries(report.inputParameters).flatMap(([task, values]) => {
    const value = values[name];
    return value === undefined ? [] : [{ task, value: scalarOf(value) }];
  });
  const values = own.length > 0 ? own.map(({ value }) => value) : [scalarOf(shared)];
  const [only] = values;
  const alike = unique(values.map(formatValue)).length === 1;
  return {
    text: rangeOf(values),
    title: alike ? undefined : own.map(({ task, value }) => `${task} ${formatValue(value)}`).join(', '),
    value: alike && typeof only === 'number' ? only : undefined,
    changed: parameter !== undefined && values.some(value => !isDefault(parameter, value)),
  };
}

/** Rules by tensor come from recipes written by hand; a short text stands for them. */
const scalarOf = (value: ParameterValue): ParameterScalar => (isRules(value) ? l10n.t('by tensor') : value);

const isRules = (value: ParameterValue): value is Exclude<ParameterValue, ParameterScalar> =>
  Array.isArray(value) && typeof value[0] === 'object';

/** The table as CSV (RFC 4180): numbers in full, and the text of everything else. */
export function resultsCsv(merges: readonly StudioMerged[], groups: readonly ResultGroup[]): string {
  const lines = groups.flatMap(({ title, rows }) =>
    rows.map(({ label, cells }) => [title, label, ...cells.map(({ text, value }) => String(value ?? text))]),
  );
  return csv([['', '', ...merges.map(({ name }) => name)], ...lines]);
}
