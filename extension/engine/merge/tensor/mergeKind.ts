/** Merges one tensor of all inputs. */
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { checkStored } from '../../codecs/payload.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import type { ItemKind } from '../../scheduler/itemKind.ts';
import { NonFinite, NONE, refused } from '../../tensors/notNumbers.ts';
import { RawTensor } from '../../tensors/rawTensor.ts';
import { Coder, writtenBytes, writtenType } from '../../output/coding.ts';
import { recoded, RECODED_VALUES } from '../../output/recoded.ts';
import { isSameSource } from '../../tensors/sourceKinds.ts';
import { commonSource, withCommon } from './common.ts';
import { mayTakeNonFinite } from './finite.ts';
import { exactOf, mergeSources, toleranceOf, type MergeItem, type MergeItemReport } from './mergeItem.ts';
import { runTensor, WRITTEN } from './mergeRun.ts';
import { Passes } from './passes.ts';
import { passMemory } from './passMemory.ts';

export const mergeKind: ItemKind<MergeItem, MergeItemReport> = {
  kind: 'merge',
  sources: mergeSources,
  allocate(item, memory, chunk) {
    if (item.way.kind === 'copy') {
      const coder = item.coding && Coder.allocate(item.coding, item.shape, memory, RECODED_VALUES);
      return context => copyTensor(item, context, coder);
    }
    const passes = (of: MergeItem) => {
      const held = passMemory(of, memory, chunk);
      return (context: ItemContext) => new Passes(of, context, held);
    };
    const own = passes(item);
    const compared = item.measure ? undefined : exactOf(item);
    const exact = compared && passes(compared);
    return context => runTensor(own(context), exact?.(context));
  },
  instead,
};

/**
 * A tensor with NaN or infinity is begun anew, once it is known whether all models have the same. Otherwise it fails
 * where it would have to be computed with, and may not.
 */
async function instead(
  item: MergeItem,
  error: unknown,
  context: ItemContext,
): Promise<MergeItem | undefined> {
  if (!(error instanceof NonFinite)) return undefined;
  const common = await commonSource(item, context);
  if (common) return withCommon(item, common);
  if (!mayTakeNonFinite(toleranceOf(item))) return undefined;
  return { ...item, takesNonFinite: true, exact: item.exact && { ...item.exact, takesNonFinite: true } };
}

async function copyTensor(
  item: MergeItem,
  context: ItemContext,
  makeCoder: (() => Coder) | undefined,
): Promise<MergeItemReport> {
  if (item.measure || item.way.kind !== 'copy') return { checksums: [], warnings: [] };
  const { source, beside } = item.way;
  const opened = (sources: readonly (TensorSource | undefined)[]) =>
    sources.map(found => (found ? new RawTensor(context, found) : undefined));
  const hashed = (read: readonly (RawTensor | undefined)[]) =>
    Promise.all(read.map(async tensor => tensor?.checksum()));
  const copied = new RawTensor(context, source);
  const ofBase = item.base && (isSameSource(item.base, source) ? copied : new RawTensor(context, item.base));
  const found = await hashed(opened(beside));
  for (const [i, other] of beside.entries()) if (other) checkStored(other, found[i]);
  // A tensor of a .tvq file is checked before it is written; only a large one is read once more.
  if (source.stored) checkStored(source, await copied.checksum());
  const originals = await hashed(opened(item.exact?.way.kind === 'copy' ? item.exact.way.beside : []));
  let overflowed = 0;
  for (let output = 0; output < item.outputs; output++) {
    const coder = makeCoder?.();
    const bytes = coder ? writtenBytes(item) : source.bytes;
    await context.emit({ type: 'begin', output, codec: 'exact', bytes });
    for await (const piece of coder ? recoded(copied, coder) : copied.pieces())
      await context.emit({ type: 'bytes', bytes: coder ? piece : piece.slice() });
    overflowed = coder?.overflowed ?? 0;
    if (overflowed > 0 && !item.allowNonfinite)
      throw refused({ ...item, dtype: writtenType(item) }, { ...NONE, overflowed });
    await context.emit({ type: 'end', output, outcome: WRITTEN });
  }
  const own = await copied.checksum();
  const differs = beside.some((other, i) => other?.dtype === source.dtype && found[i] !== own);
  const findings = {
    originals,
    differs,
    ...(item.common && { copied: true }),
    ...(overflowed > 0 && { written: { ...NONE, overflowed } }),
  };
  return { checksums: [await ofBase?.checksum(), ...found], warnings: [], findings };
}
