/** Which tensors can be stored as the factors that they were made from. */
import type { AdaptedSource } from '../../../formats/lora/deltaSource.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { factorsPayload } from '../../../formats/tvq/factorsPayload.ts';
import { isSameSource } from '../../tensors/sourceKinds.ts';
import type { MeasuredChoice } from '../measured.ts';

/** An adapter's own matrices, in `bytes` bytes. */
export interface FactorsCoding {
  readonly codec: 'factors';
  readonly bytes: number;
}

/** Factors as a choice of a budget. */
export const exactChoice = (coding: FactorsCoding): MeasuredChoice<FactorsCoding> => ({
  coding,
  bytes: coding.bytes,
  error: { unbiased: 0, nearest: 0 },
});

export const isAdapted = (source: TensorSource): source is AdaptedSource => source.kind === 'adapted';

/**
 * The factors of a tensor that an adapter made from the base's.
 * @returns undefined where its change is not that of factors alone: of other models, of DoRA,
 * which scales the sum, and of tokens that it replaces
 */
export function factorsOf(
  source: TensorSource | undefined,
  base: TensorSource | undefined,
): FactorsCoding | undefined {
  if (!source || !base || !isAdapted(source) || source.magnitude || source.tokens) return undefined;
  if (!isSameSource(source.base, base)) return undefined;
  try {
    return { codec: 'factors', bytes: factorsPayload(source.deltas).bytes };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
