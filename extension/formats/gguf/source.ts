/** A tensor of a GGUF file whose values have to be computed: decoded, put in order, or less what was added. */
import { tensorBytes } from '../dtype.ts';
import { rangeOf, type TensorSource } from '../tensorSource.ts';
import type { GgufTensor } from './header.ts';
import type { GgufType } from './types.ts';

export interface GgufSource extends TensorSource {
  readonly kind: 'gguf';
  readonly type: GgufType;
  /** Of the stored data, bytes from the start of the file. */
  readonly offset: number;
  /** Heads whose rows are interleaved in the file; 0: rows are in order. */
  readonly heads: number;
  /** What was added to every value. */
  readonly added: number;
}

/** What the converter changed of a tensor. */
export type Change = Pick<GgufSource, 'heads' | 'added'>;
export const UNCHANGED: Change = { heads: 0, added: 0 };

/** A tensor of a file as a source; what was changed is undone. */
export function ggufSource(
  file: string,
  name: string,
  { type, shape, offset, bytes: stored }: GgufTensor,
  { heads, added }: Change,
): TensorSource {
  const isStored = type.values === 1 && heads === 0 && added === 0;
  if (isStored) return rangeOf(file, { name, dtype: type.dtype, shape, offset, bytes: stored });
  const dtype = added === 0 ? type.dtype : 'F32';
  const bytes = tensorBytes(dtype, shape);
  const source: GgufSource = { kind: 'gguf', file, name, dtype, shape, bytes, type, offset, heads, added };
  return source;
}
