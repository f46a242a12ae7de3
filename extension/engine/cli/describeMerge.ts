/** What `tvq merge` prints: its plan, and its result. */
import type { MergeRecipe } from '../../protocol/recipes.ts';
import type { MergePlanSummary, MergeResult, MergeTotals, WrittenType } from '../../protocol/results.ts';
import { formatBytes, formatPercent, formatSeconds } from '../../shared/format.ts';
import { describeFates, labelled } from './describeFates.ts';
import { table } from './terminal.ts';

export const describePlan = (recipe: MergeRecipe, plan: MergePlanSummary): string =>
  table([
    ['output', plan.output],
    ['method', recipe.method],
    ['size', formatBytes(plan.bytes)],
    ...labelled('types', plan.types.map(describeType)),
    ...describeFates(plan.fates),
    ['reads', formatBytes(plan.readBytes)],
    ['memory', `about ${formatBytes(plan.memory)}`],
  ]);

export const describeResult = ({
  output,
  files,
  bytes,
  types,
  method,
  report,
  seconds,
  backendReason,
}: MergeResult): string =>
  table([
    ['wrote', output],
    ['files', `${files.length}, ${formatBytes(bytes)}`],
    ...labelled('types', types.map(describeType)),
    ['method', method],
    ...describeReport(report),
    ['time', formatSeconds(seconds)],
    ['backend', backendReason],
  ]);

const describeType = ({ type, tensors, bytes, why }: WrittenType): string =>
  `${type}: ${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}, ${formatBytes(bytes)}${why === null ? '' : ` (${why})`}`;

/** One row per number that is present. */
function describeReport({ norm, inputs, signConflicts, difference }: MergeTotals): string[][] {
  if (norm === null) return [['norm', 'unknown: deltas need a base model']];
  const cosines = inputs.flatMap(({ name, cosine }) =>
    cosine === null ? [] : [`${name}: ${cosine.toFixed(3)}`],
  );
  const kept = inputs.flatMap(input =>
    input.kept === null ? [] : [`${input.name}: ${formatPercent(input.kept)}`],
  );
  const eachRead = inputs.every(input => input.norm !== null);
  return [
    ['norm', norm.toPrecision(4)],
    ...(eachRead ? [] : [['', 'only the shared base vector was needed; the offsets were not read']]),
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
