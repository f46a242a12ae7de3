/** What `tvq merge` prints: its plan, and its result. */
import type { MergePlanSummary, MergeRecipe, MergeResult, MergeTotals, TensorFate } from '../../protocol.ts';
import { formatBytes, formatCount, formatPercent, formatSeconds } from '../format.ts';
import { table } from './terminal.ts';

export const describePlan = (recipe: MergeRecipe, plan: MergePlanSummary): string =>
  table([
    ['output', plan.output],
    ['method', recipe.method],
    ['size', formatBytes(plan.bytes)],
    ...describeFates(plan.fates),
    ['reads', formatBytes(plan.readBytes)],
    ['memory', `about ${formatBytes(plan.memory)}`],
  ]);

export const describeResult = ({
  output,
  files,
  bytes,
  method,
  report,
  seconds,
  backendReason,
}: MergeResult): string =>
  table([
    ['wrote', output],
    ['files', `${files.length}, ${formatBytes(bytes)}`],
    ['method', method],
    ...describeReport(report),
    ['time', formatSeconds(seconds)],
    ['backend', backendReason],
  ]);

/** A row for what becomes of which tensors, and why: nothing is copied or left out in silence. */
const describeFates = (fates: readonly TensorFate[]): string[][] =>
  labelled(
    'tensors',
    fates.map(({ fate, why, tensors, weights, names }) => {
      const more = tensors > names.length ? ' …' : '';
      const example = fate === 'merged' ? '' : `: ${names.join(', ')}${more}`;
      return `${tensors} ${fate} (${why}, ${formatCount(weights)} values)${example}`;
    }),
  );

/** A row a number that there is. */
function describeReport({ norm, inputs, signConflicts, difference }: MergeTotals): string[][] {
  if (norm === null) return [['norm', 'not known: deltas are counted from a base model']];
  const cosines = inputs.flatMap(({ name, cosine }) =>
    cosine === null ? [] : [`${name}: ${cosine.toFixed(3)}`],
  );
  const kept = inputs.flatMap(input =>
    input.kept === null ? [] : [`${input.name}: ${formatPercent(input.kept)}`],
  );
  const eachRead = inputs.every(input => input.norm !== null);
  return [
    ['norm', norm.toPrecision(4)],
    ...(eachRead ? [] : [['', 'the shared base vector was enough; the offsets were not read']]),
    ...labelled('cosine', cosines),
    ...labelled('kept', kept),
    ...(signConflicts === null
      ? []
      : [['conflicts', `${formatPercent(signConflicts)} of the moved weights are pulled both ways`]]),
    ...(difference === null
      ? []
      : [['difference', `${difference.toPrecision(3)} from full precision (squared, relative)`]]),
  ];
}

/** Rows of which the first has the label. */
const labelled = (label: string, rows: readonly string[]): string[][] =>
  rows.map((row, i) => [i === 0 ? label : '', row]);
