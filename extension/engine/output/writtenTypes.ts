/** What types the tensors of a model are written in, and why not all in the one that was asked for. */
import type { WrittenType } from '../../protocol/results.ts';
import type { Dtype } from '../../formats/dtype.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { writtenBytes, writtenType, type Coding } from './coding.ts';
import type { FormedModel } from './form.ts';

interface WrittenItem {
  readonly dtype: Dtype;
  readonly coding: Coding | undefined;
  readonly shape: readonly number[];
}

/** Most bytes first. @param items by tensor of the form */
export function writtenTypes(items: readonly WrittenItem[], { tensors }: FormedModel): WrittenType[] {
  const written = items.map((item, i) => ({
    type: writtenType(item),
    bytes: writtenBytes(item),
    why: tensors[i]?.why,
  }));
  return [...groupBy(written, ({ type, why }) => `${type} ${why}`).values()]
    .map(group => ({
      type: (group[0] as (typeof written)[number]).type,
      tensors: group.length,
      bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
      why: group[0]?.why ?? null,
    }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** "F8_E4M3 (14 tensors), BF16 (2 tensors: outside the layers)". */
export const describeTypes = (types: readonly WrittenType[]): string =>
  types
    .map(({ type, tensors, why }) => {
      const count = `${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}`;
      return `${type} (${why === null ? count : `${count}: ${why}`})`;
    })
    .join(', ');
