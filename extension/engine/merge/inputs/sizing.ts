/**
 * Tensors of another length than the base's in one dimension (embeddings and heads with other rows, a first convolution
 * with other input channels) in its size: cut, and filled up with the base's values, where nothing has changed then.
 */
import { isQuantizable } from '../../../formats/dtype.ts';
import { join } from '../../../formats/joinedSource.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { layersOf } from '../../../formats/names/layers.ts';
import { groupBy } from '../../../shared/groupBy.ts';
import { shapeOf, type InputTensor } from '../../tensors/inputTensor.ts';
import { misfitOf, type Misfit } from './misfits.ts';
import type { OpenInput } from './openInput.ts';

/** A tensor of an input that was brought to another size. */
export interface Sized {
  readonly input: OpenInput;
  /** How many rows it had; undefined if their number is the same. */
  readonly rows: number | undefined;
}

/** Brings tensors to their size in a model, and remembers which. */
export class Sizing {
  readonly sized: Sized[] = [];
  readonly #misfits: Misfit[] = [];

  /** @param model gives tensors their sizes */
  constructor(private readonly model: ReadonlyMap<string, TensorSource>) {}

  /** An input's tensor in the size of the original, if it can be brought to it; otherwise as it is. */
  bring(
    input: OpenInput,
    tensor: string,
    original: TensorSource,
    found: InputTensor | undefined,
  ): InputTensor | undefined {
    const brought = sizedAs(original, found);
    const misfit = brought && misfitOf(input.name, tensor, original, found);
    if (!found || !misfit) return found;
    const [rows, wanted] = [shapeOf(found)[0], original.shape[0]];
    this.sized.push({ input, rows: rows === wanted ? undefined : rows });
    this.#misfits.push(misfit);
    return brought;
  }

  /** What would not have fitted. Tensors of several layers in one place are refused: these are models of other sizes. */
  misfits(): { readonly told: readonly Misfit[]; readonly refused: readonly Misfit[] } {
    const layers = layersOf(this.model.keys());
    const places = groupBy(this.#misfits, ({ input, tensor }) => {
      const layer = layers.get(tensor);
      return `${input}\0${layer ? tensor.replace(`${layer.stack}.${layer.number}.`, `${layer.stack}.*.`) : tensor}`;
    });
    const of = (isOne: boolean) =>
      [...places.values()].filter(({ length }) => (length === 1) === isOne).flat();
    return { told: of(true), refused: of(false) };
  }
}

/** The only dimension in which two shapes differ; undefined where they are equal or differ in more. */
function otherDimension(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length || a.includes(0) || b.includes(0)) return undefined;
  const [dimension, second] = a.flatMap((size, i) => (size === b[i] ? [] : [i]));
  return second === undefined ? dimension : undefined;
}

/**
 * A checkpoint's tensor in the size of the original: its own values as far as both reach, the original's beyond.
 * @returns undefined where it has that size already, differs otherwise, or is stored in a .tvq file
 */
function sizedAs(original: TensorSource, input: InputTensor | undefined): InputTensor | undefined {
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
