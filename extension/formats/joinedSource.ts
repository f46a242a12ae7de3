/** A tensor put together from others: a part cut out of one, or parts of several in turn. */
import { elementCount, type Dtype, tensorBytes } from './dtype.ts';
import { modelDtypeOf, type TensorSource } from './tensorSource.ts';

export const JOINED = 'joined';

/** Elements of a source: `run` of them at each turn, the first ones from `first`, those of the next `step` later. */
export interface Part {
  readonly source: TensorSource;
  readonly first: number;
  readonly run: number;
  readonly step: number;
}

/** Has the elements of its parts one part after the other, then those of their next turn. */
export interface JoinedSource extends TensorSource {
  readonly kind: typeof JOINED;
  readonly parts: readonly Part[];
}

/** The elements of a source from `first` on, `count` of them. */
export const partOf = (source: TensorSource, first = 0, count = elementCount(source.shape)): Part => ({
  source,
  first,
  run: count,
  step: 0,
});

/**
 * A tensor of a shape that its parts fill. Where their dtypes differ it is F32, for a model of the first one's dtype.
 * @param parts one or more
 */
export function join(name: string, shape: readonly number[], parts: readonly Part[]): JoinedSource {
  const [{ source }] = parts as readonly [Part, ...Part[]];
  const same = parts.every(part => part.source.dtype === source.dtype);
  const dtype: Dtype = same ? source.dtype : 'F32';
  const modelDtype = modelDtypeOf(source);
  return {
    kind: JOINED,
    name,
    file: source.file,
    dtype,
    shape,
    bytes: tensorBytes(dtype, shape),
    ...(modelDtype === dtype ? {} : { modelDtype }),
    parts,
  };
}
