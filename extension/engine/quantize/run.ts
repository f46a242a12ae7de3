import type { QuantizeResult } from '../../protocol/results.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import type { RecordOutcome } from '../scheduler/item.ts';
import type { OutputLock } from '../../files/lock/outputLock.ts';
import { keptElsewhere } from '../../files/otherNames.ts';
import { runPlanned } from '../scheduler/runPlanned.ts';
import { fingerprintOf } from '../../formats/tvq/header.ts';
import { bitsPerWeight, countTensors, isQuantized } from '../../formats/tvq/summary.ts';
import type { TableRow } from '../../formats/tvq/tables.ts';
import { TvqWriter } from './tvqWriter.ts';
import { elementCount } from '../../formats/dtype.ts';
import { firstTask, type QuantizePlan } from './plan.ts';
import { unfitWarnings } from './unfit.ts';
import type { QuantizeReport } from './quantizeReport.ts';
import { quantizeKind } from './quantizeKind.ts';

/** Does what a plan says; nothing is left behind unless all of it succeeds. @param lock of the output */
export async function runQuantize(
  plan: QuantizePlan,
  lock: OutputLock,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
): Promise<QuantizeResult> {
  const started = performance.now();
  const { recipe, layout, items, share, summary, stamps } = plan;
  const writer = await TvqWriter.create(summary.output, layout, { overwrite: recipe.overwrite, lock });
  const reports: QuantizeReport[] = [];
  const output = await runPlanned(
    { kind: quantizeKind, items, stamps, share, backend, signal, onProgress },
    {
      accept: (item, event) => writer.accept(items[item]?.tensor as string, event),
      finished: (item, report) => void (reports[item] = report),
    },
    writer,
    () => writer.commit(provenanceOf(plan, reports)),
  );
  const tasks = layout.vectors.flatMap((vector, v) =>
    vector.checkpoint === undefined ? [] : [{ vector, outcomes: writer.outcomes[v] as RecordOutcome[] }],
  );
  return {
    output,
    bytes: writer.bytes,
    fp32Bytes: summary.fp32Bytes,
    bitsPerWeight: bitsPerWeight(
      writer.bytes,
      tasks.reduce(
        (sum, { vector, outcomes }) => sum + quantizedParameters(plan, vector.records, outcomes),
        0,
      ),
    ),
    tasks: summary.tasks,
    tensors: countTensors(tasks.flatMap(({ outcomes }) => outcomes.map(codec => ({ codec })))),
    relativeErrors: tasks.map(({ outcomes }) => relativeError(outcomes)),
    seconds: (performance.now() - started) / 1000,
    readBytes: summary.readBytes,
    backend: backend.kind,
    backendReason: backend.reason,
    warnings: [
      ...backend.warnings,
      ...lock.notes,
      ...keptElsewhere(summary.output, output),
      ...summary.problems.map(({ message }) => message),
      ...unfitWarnings(
        recipe,
        firstTask(recipe),
        reports.flatMap(({ unfit = [] }, j) =>
          unfit.map(one => ({ ...one, tensor: items[j]?.tensor as string })),
        ),
      ),
    ],
  };
}

const quantizedParameters = (
  { layout }: QuantizePlan,
  records: QuantizePlan['layout']['vectors'][number]['records'],
  outcomes: readonly RecordOutcome[],
): number =>
  records.reduce((sum, { row }, i) => {
    const [, dtype, shape] = layout.tensors[row] as TableRow;
    const { codec } = outcomes[i] as RecordOutcome;
    return sum + (isQuantized({ codec: { codec }, dtype, shape }) ? elementCount(shape) : 0);
  }, 0);

const relativeError = (outcomes: readonly RecordOutcome[]): number => {
  const [error, energy] = outcomes.reduce(([e, n], { errors }) => [e + errors[0], n + errors[1]], [0, 0]);
  return energy > 0 ? error / energy : 0;
};

/** Identity of the checkpoints, from the checksums that the items returned: base first, then the tasks. */
function provenanceOf({ layout, items, recipe }: QuantizePlan, reports: readonly QuantizeReport[]) {
  const sourcesOf = (position: number) =>
    items.flatMap((item, j) => {
      const source = position === 0 ? (item.base ?? item.identified) : item.tasks[position - 1]?.source;
      return source
        ? [[source.name, source.dtype, source.shape, reports[j]?.checksums[position] as string] as const]
        : [];
    });
  const base = sourcesOf(0);
  const tasks = recipe.tasks.map((_, t) => fingerprintOf(sourcesOf(t + 1)));
  return {
    created: new Date().toISOString(),
    baseChecksums: base.map(([, , , checksum]) => checksum),
    baseFingerprint: fingerprintOf(base),
    fingerprints: layout.vectors.map(({ checkpoint }) =>
      checkpoint === undefined ? undefined : tasks.shift(),
    ),
  };
}
