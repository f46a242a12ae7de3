/** How to get the bytes of tensors whose values come from one kind of source. */
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { ItemContext } from '../scheduler/item.ts';

export type ReadContext = Pick<ItemContext, 'files' | 'kernels' | 'signal'>;

/** What a source is read with. */
export interface SourceContext extends ReadContext {
  /** Fills `view` with bytes of another source, which this one is made from. */
  readonly read: (source: TensorSource, view: Uint8Array, begin: number) => Promise<void>;
}

export interface SourceKind<S extends TensorSource> {
  readonly kind: S['kind'];
  /** Bytes of the arrays that a read works with beside its view, at most; undefined: hardly any. */
  working?(source: S): number;
  /** Fills `view` with the tensor's bytes from `begin` on, laid out as in a file of its dtype: little-endian, row by row. */
  read(context: SourceContext, source: S, view: Uint8Array, begin: number): Promise<void>;
  /** Whether both are the same bytes, as far as that is known without reading them. */
  isSame(a: S, b: S): boolean;
}
