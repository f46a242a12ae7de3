/** What a planned file holds, and where: the parts of a header that follow from its items. */
import { basename } from 'node:path';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { PlannedFiles, PlannedRecord, PlannedVector, TvqLayout } from '../../formats/tvq/header.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import type { TableRow } from '../../formats/tvq/tables.ts';
import { TOOL } from '../../shared/version.ts';
import type { Checkpoints } from './checks.ts';
import { codecOf, type Coding } from '../codecs/registry.ts';
import type { QuantizeItem, TaskTensor } from './item.ts';

const payloadBytes = (coding: Coding | undefined, source: TensorSource): number =>
  coding ? codecOf(coding).bytes(coding, elementCount(source.shape)) : source.bytes;

export function makeLayout(
  recipe: QuantizeRecipe,
  { base, tasks }: Checkpoints,
  items: readonly QuantizeItem[],
  files: PlannedFiles,
): TvqLayout {
  const tensors: TableRow[] = [];
  const rows = new Map<string, number>();
  const rowOf = ({ name, dtype, shape }: TensorSource): number => {
    const key = JSON.stringify([name, dtype, shape]);
    const known = rows.get(key);
    if (known !== undefined) return known;
    rows.set(key, tensors.length);
    return tensors.push([name, dtype, shape]) - 1;
  };
  const record = (source: TensorSource, coding: Coding | undefined): PlannedRecord => ({
    row: rowOf(source),
    codec: coding ? codecOf(coding).stored(coding) : { codec: 'exact' },
    bytes: payloadBytes(coding, source),
  });

  // In the order of the items: payloads are located by the order of names in the table.
  for (const { base, identified, tasks } of items) {
    for (const source of [base, identified, ...tasks.map(task => task.source)]) if (source) rowOf(source);
  }
  const baseRows = items.flatMap(({ base, identified }) => {
    const source = base ?? identified;
    return source ? [rowOf(source)] : [];
  });
  const vectors: PlannedVector[] = tasks.map((checkpoint, t) => ({
    name: recipe.tasks[t]?.name as string,
    checkpoint: checkpoint.name,
    widened: [...checkpoint.tensors.values()].some(({ modelDtype }) => modelDtype !== undefined),
    records: items.flatMap((item): PlannedRecord[] => {
      const { source, coding } = item.tasks[t] as TaskTensor;
      if (source) return [record(source, coding)];
      return item.base ? [{ row: rowOf(item.base), codec: { codec: 'absent' }, bytes: 0 }] : [];
    }),
  }));
  const sharedVector: PlannedVector = {
    name: SHARED_VECTOR,
    checkpoint: undefined,
    records: items.flatMap(({ base, shared }) => (base && shared ? [record(base, shared)] : [])),
  };
  const { scheme, bits, baseBits, budget, reconstruction } = recipe;
  const widths = { bits, ...(scheme === 'rtvq' ? { baseBits } : {}) };
  const settings = { scheme, ...(budget === undefined ? widths : {}) };
  return {
    tool: TOOL,
    scheme: settings,
    tensors,
    base: { name: base.name, rows: baseRows },
    vectors: scheme === 'rtvq' ? [sharedVector, ...vectors] : vectors,
    files,
    // Names instead of paths: a shared file says what it was made from, not where its author keeps that.
    recipe: {
      kind: 'quantize',
      ...settings,
      codec: recipe.codec,
      groupSize: recipe.groupSize,
      ...(budget === undefined
        ? { reconstruction }
        : {
            budget,
            sensitivity: recipe.sensitivity,
            reconstruction: reconstruction ?? 'unbiased',
            rules: recipe.rules ?? [],
            weights: recipe.weights,
          }),
      keepRule: recipe.keepRule,
      keep: recipe.keep,
      prune: recipe.prune,
      base: base.name,
      tasks: recipe.tasks.map(({ name, path }) => ({ name, path: basename(path) })),
    },
  };
}
