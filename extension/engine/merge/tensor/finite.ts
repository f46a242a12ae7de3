/** Merges compute with numbers: NaN and infinity spread, and no trim can rank them. */
import type { Dtype } from '../../../formats/dtype.ts';
import type { Remedy } from '../../../shared/remedies.ts';
import { NonFinite } from '../../tensors/notNumbers.ts';

/** What may be done with NaN and infinity. */
export interface Tolerance {
  readonly allowNonfinite: boolean;
  /** Whether the tensor is a sum weight by weight, where each affects only one value of the output. */
  readonly isSum: boolean;
  /** Whether they are computed with: where it is allowed, and the tensor is not the same in all models. */
  readonly taken: boolean;
}

/** Whether they may be computed with. */
export const mayTakeNonFinite = ({ allowNonfinite, isSum }: Tolerance): boolean => allowNonfinite && isSum;

/** An input's tensor. */
interface Place {
  readonly file: string;
  readonly name: string;
  /** undefined: of a .tvq file's task. */
  readonly dtype?: Dtype;
  /** Of a .tvq file. */
  readonly task?: string;
}

const nameOf = ({ file, name, task }: Place): string =>
  `${file}: tensor "${name}"${task === undefined ? '' : ` of "${task}"`}`;

/** Names of values in wider dtypes that float32 cannot represent. */
const NAMED: Partial<Record<Dtype, string>> = {
  F64: 'NaN, infinite values, or values beyond float32 (±3.4e38)',
};

/** The error for an input with NaN or infinity. */
export const nonFinite = (place: Place, tolerance: Tolerance | undefined): NonFinite =>
  new NonFinite({
    message:
      `${nameOf(place)} holds ${NAMED[place.dtype ?? 'F32'] ?? 'NaN or infinite values'}, finite float32 was expected; was its training or its conversion to ` +
      'float16 unstable? Use another checkpoint, or leave this one out',
    remedy: otherwise(tolerance),
  });

/** The error for a finite input whose difference from its finite base overflows float32. */
export const tooFar = (place: Place, tolerance: Tolerance | undefined): NonFinite =>
  new NonFinite({
    message:
      `${nameOf(place)} differs from the base's by more than float32 can hold (±3.4e38); is this its base? Use another ` +
      'checkpoint, or leave this one out',
    remedy: otherwise(tolerance),
  });

const otherwise = (tolerance: Tolerance | undefined): Remedy | undefined => {
  if (tolerance?.isSum) return { code: 'takeNonfinite' };
  return tolerance?.allowNonfinite ? { code: 'takeInSums' } : undefined;
};
