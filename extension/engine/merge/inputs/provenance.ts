/** What was merged, identified by fingerprints of what was read on the way. */
import { basename } from 'node:path';
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import { fingerprintOf } from '../../../formats/tvq/header.ts';
import type { CardInput } from '../output/modelCard.ts';
import { readModelSource } from '../output/modelSource.ts';
import type { MergePlan } from '../plan.ts';
import type { MergeItem, MergeItemReport } from '../tensor/mergeItem.ts';

type Reports = readonly MergeItemReport[];

export interface Cards {
  readonly base: CardInput | undefined;
  readonly inputs: readonly CardInput[];
}

/** Base and inputs for the model card. */
export async function cardInputs({ base, inputs, items }: MergePlan, reports: Reports): Promise<Cards> {
  const card = async (name: string, checkpoint: Checkpoint, position: number): Promise<CardInput> => ({
    source: await readModelSource(name, checkpoint.folder),
    fingerprint:
      fingerprintRead(checkpoint, items, item =>
        isResized(checkpoint, items[item], position) ? undefined : reports[item]?.checksums[position],
      ) ?? 'not computed (not all of it was read)',
  });
  return {
    base: base && (await card('base', base, 0)),
    inputs: await Promise.all(
      inputs.map(async (input, i): Promise<CardInput> => {
        if (input.kind === 'checkpoint') return card(input.name, input.checkpoint, i + 1);
        const task = input.file.tasks.find(({ name }) => name === input.task);
        return {
          source: await readModelSource(input.name, undefined),
          fingerprint: task?.source?.fingerprint ?? '',
        };
      }),
    ),
  };
}

/** One sentence for each checkpoint of a comparison whose task was not made from it. */
export function strangers({ inputs, originals, items }: MergePlan, reports: Reports): string[] {
  return inputs.flatMap((input, i) => {
    const original = originals?.[i];
    if (input.kind !== 'tvq' || original?.kind !== 'checkpoint') return [];
    const expected = input.file.tasks.find(({ name }) => name === input.task)?.source?.fingerprint;
    const { checkpoint } = original;
    const found = fingerprintRead(checkpoint, items, item => reports[item]?.findings?.originals?.[i]);
    if (found === undefined || found === expected) return [];
    const task = `"${input.task}" of ${basename(input.file.path)}`;
    return [`${checkpoint.path}: not the checkpoint that ${task} was made from; no difference is reported`];
  });
}

/** Whether an input's tensor was brought to the base's size: what was read are not the checkpoint's own values. */
function isResized(checkpoint: Checkpoint, item: MergeItem | undefined, position: number): boolean {
  const input = item?.inputs[position - 1];
  const own = item && checkpoint.tensors.get(item.tensor);
  return input?.kind === 'checkpoint' && own !== undefined && own.shape.join() !== input.source.shape.join();
}

/** A checkpoint's fingerprint; undefined unless all of it was read. */
function fingerprintRead(
  checkpoint: Checkpoint,
  items: MergePlan['items'],
  checksumOf: (item: number) => string | undefined,
): string | undefined {
  const tensors = items.flatMap(({ tensor }, i) => {
    const source = checkpoint.tensors.get(tensor);
    const checksum = checksumOf(i);
    return source && checksum ? [[source.name, source.dtype, source.shape, checksum] as const] : [];
  });
  return tensors.length === checkpoint.tensors.size ? fingerprintOf(tensors) : undefined;
}
