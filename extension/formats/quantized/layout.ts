/** What a layout of quantized weights is: how one is recognised by the tensors beside it, and read as floats. */
import { type Dtype, tensorBytes } from '../dtype.ts';
import { isRange, type RangeSource, type TensorSource } from '../tensorSource.ts';
import type { FloatDtype } from './floatDtype.ts';
import type { QuantizationConfig } from './quantizationConfig.ts';

/** What a layout may look at. */
export interface Surroundings {
  /** A tensor that is stored as it is, by its name. */
  readonly find: (name: string) => RangeSource | undefined;
  readonly config: QuantizationConfig;
  /** The content of a tensor of at most MAX_SMALL_BYTES; undefined if it has more. */
  readonly readSmall: (source: RangeSource) => Promise<Buffer | undefined>;
}

/** Descriptions of a tensor have a few hundred bytes. */
export const MAX_SMALL_BYTES = 4096;

export interface DecodedWeights {
  readonly source: TensorSource;
  /** Names of the tensors that it is computed from. */
  readonly from: readonly string[];
}

export interface QuantizedLayout {
  /** As notes name it. */
  readonly name: string;
  /** @returns the weights that a tensor holds the codes of; undefined if it does not in this layout, or not as documented */
  readonly decode: (
    codes: RangeSource,
    around: Surroundings,
  ) => Promise<DecodedWeights | undefined> | DecodedWeights | undefined;
}

/** A source that is computed, with its size. */
export function computed<S extends TensorSource>(
  facts: Omit<S, 'bytes' | 'file'> & { readonly dtype: Dtype; readonly shape: readonly number[] },
  file: string,
): S {
  const bytes = tensorBytes(facts.dtype, facts.shape);
  return { ...facts, file, bytes } as unknown as S;
}

/**
 * The dtype that weights are read in: that of scales of 16 bits, which libraries compute in, or else the model's
 * (`dtype` of its config), or BF16.
 */
export function dtypeOf(scales: RangeSource | undefined, { dtype }: QuantizationConfig): FloatDtype {
  const own = scales?.dtype;
  return own === 'F16' || own === 'BF16' ? own : (dtype ?? 'BF16');
}

export const isScale = ({ dtype }: RangeSource): boolean => /^(F32|F16|BF16|F8_E8M0)$/.test(dtype);

export const hasShape = ({ shape }: RangeSource, ...expected: readonly number[]): boolean =>
  shape.length === expected.length && shape.every((dim, d) => dim === expected[d]);

/** Looks up tensors that are stored as they are. */
export const finder =
  (tensors: ReadonlyMap<string, TensorSource>) =>
  (name: string): RangeSource | undefined => {
    const found = tensors.get(name);
    return found && isRange(found) ? found : undefined;
  };

/** The name of a module by that of one of its tensors; undefined if it does not end so. */
export const moduleOf = (name: string, ending: string): string | undefined =>
  name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;

/** A row that is longer is no model's, and its groups would fill the memory. */
export const MAX_COLUMNS = 1 << 20;
