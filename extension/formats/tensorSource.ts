/** Where a tensor's values come from: plain data that can be sent to a thread. */
import type { Dtype } from './dtype.ts';
import type { TensorEntry } from './safetensors/safetensors.ts';

/** Any tensor that can be read; `engine/tensors/sourceKinds.ts` knows how to read each kind. */
export interface TensorSource extends Omit<TensorEntry, 'offset'> {
  readonly kind: string;
  /** The file that messages name. */
  readonly file: string;
  /** The dtype of the model that it belongs to, where its values are computed in a wider one. */
  readonly modelDtype?: Dtype;
  /** In a .tvq file: its vector, and the XXH64 that its bytes must have. */
  readonly stored?: { readonly vector: string; readonly checksum: string };
}

/** The dtype that the tensor has in its model. */
export const modelDtypeOf = ({ dtype, modelDtype = dtype }: TensorSource): Dtype => modelDtype;

/** A range of bytes in a file that holds the values directly. */
export interface RangeSource extends TensorSource {
  readonly kind: 'range';
  /** Bytes from the start of the file. */
  readonly offset: number;
}

export const isRange = (source: TensorSource): source is RangeSource => source.kind === 'range';

/** A tensor of a header as a source. */
export const rangeOf = (file: string, entry: TensorEntry): RangeSource => ({ ...entry, kind: 'range', file });
