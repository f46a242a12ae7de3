/**
 * Tensors of another length than the base's in one dimension (embeddings and heads with other rows, a first convolution
 * with other input channels) in its size: cut, and filled up with the base's values, where nothing has changed then.
 */
import { isQuantizable } from '../../../formats/dtype.ts';
import { join } from '../../../formats/joinedSource.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import type { InputTensor } from '../../tensors/inputTensor.ts';

/** The only dimension in which two shapes differ; undefined where they are equal or differ in more. */
export function otherDimension(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length || a.includes(0) || b.includes(0)) return undefined;
  const [dimension, second] = a.flatMap((size, i) => (size === b[i] ? [] : [i]));
  return second === undefined ? dimension : undefined;
}

/**
 * A checkpoint's tensor in the size of the original: its own values as far as both reach, the original's beyond.
 * @returns undefined where it has that size already, differs otherwise, or is stored in a .tvq file
 */
export function sizedAs(original: TensorSource, input: InputTensor | undefined): InputTensor | undefined {
  if (input?.kind !== 'checkpoint') return undefined;
  const { source } = input;
  const dimension = otherDimension(source.shape, original.shape);
  if (dimension === undefined || ![source, original].every(({ dtype }) => isQuantizable(dtype)))
    return undefined;
  const inner = original.shape.slice(dimension + 1).reduce((product, size) => product * size, 1);
  const [own, wanted] = [source, original].map(({ shape }) => inner * (shape[dimension] as number)) as [
    number,
    number,
  ];
  const common = Math.min(own, wanted);
  const rest = { source: original, first: common, run: wanted - common, step: wanted };
  const parts = [{ source, first: 0, run: common, step: own }, ...(rest.run > 0 ? [rest] : [])];
  return { kind: 'checkpoint', source: join(source.name, original.shape, parts) };
}
