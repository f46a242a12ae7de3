/**
 * Tensors that hold NaN or infinity and are the same in all models (masks, under any name): there is nothing to merge,
 * and computing with them would only spread them.
 */
import type { TensorSource } from '../../../formats/tensorSource.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { RawTensor } from '../../tensors/rawTensor.ts';
import { exactSource, type InputTensor, type StoredTensor } from '../../tensors/inputTensor.ts';
import type { MergeItem } from './mergeItem.ts';

/** Where to find the bytes if all models have the same, with NaN or infinity in them; otherwise undefined. */
export async function commonSource(
  { base, inputs }: MergeItem,
  context: ItemContext,
): Promise<TensorSource | undefined> {
  const own = inputs.filter(input => !(base && isBaseOwn(input))).map(exactSource);
  const [first, ...others] = [...(base ? [base] : []), ...own];
  if (!first) return undefined;
  const common = new RawTensor(context, first);
  const { nan, infinite } = await common.notNumbers();
  if (!nan && !infinite) return undefined;
  for (const other of others)
    if (!other || !(await common.equals(new RawTensor(context, other)))) return undefined;
  return first;
}

const isBaseOwn = (input: InputTensor): boolean =>
  input.kind === 'tvq' && input.record.codec.codec === 'same' && !input.shared;

/** The same item with the bytes copied, or rewritten where another dtype is asked for: of its memory it takes a part. */
export function withCommon(merging: MergeItem, source: TensorSource): MergeItem {
  const item = { ...merging, common: true };
  if (item.measure) return { ...item, inputs: item.inputs.map(() => unmoved(item)) };
  if (item.dtype === source.dtype || item.coding) {
    const exact = item.exact && copying(item.exact, source);
    return { ...copying(item, source), exact };
  }
  return {
    ...item,
    base: undefined,
    inputs: [{ kind: 'checkpoint', source }],
    wanted: 'models',
    way: { kind: 'fixed', coefficients: [1] },
    inputValues: [{}],
    takesNonFinite: true,
    exact: undefined,
  };
}

const copying = (item: MergeItem, source: TensorSource): MergeItem => ({
  ...item,
  way: {
    kind: 'copy',
    source,
    beside: item.inputs.map(exactSource),
  },
});

/** A task vector of zeros: which a measurement over the whole model has to count. */
const unmoved = ({ tensor, dtype, shape }: MergeItem): StoredTensor => ({
  kind: 'tvq',
  file: '',
  task: '',
  record: {
    tensor,
    dtype,
    shape,
    codec: { codec: 'constant' },
    scales: [0, 0],
    checksum: '',
    errors: [0, 0],
    payload: undefined,
  },
  shared: undefined,
  whole: false,
});
