/** Values as floats of 16 or 32 bits, rounded to nearest even. */
import { elementCount, type Dtype } from '../../../formats/dtype.ts';
import { narrowed } from '../../../formats/floatBits.ts';
import type { EncodingKind, TensorEncoder } from './encoding.ts';

export interface Floats {
  readonly kind: 'floats';
  readonly dtype: 'F32' | 'F16' | 'BF16';
}

/** Floats of a dtype. @throws RangeError for one that values are not converted to */
export function inFloats(dtype: Dtype): Floats {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return { kind: 'floats', dtype };
  throw new RangeError(`values are not converted to ${dtype}`);
}

/** The smallest magnitudes that round to infinity: the middle between the largest finite value and what would follow. */
const BEYOND = { F32: Infinity, F16: 65520, BF16: 2 ** 128 * (1 - 2 ** -9) } as const;

class FloatEncoder implements TensorEncoder {
  overflowed = 0;

  constructor(private readonly dtype: Floats['dtype']) {}

  encode(values: Float32Array): readonly Uint8Array<ArrayBuffer>[] {
    const { dtype } = this;
    if (dtype === 'F32') return [bytesOf(values.slice())];
    const beyond = BEYOND[dtype];
    for (const value of values) {
      const size = Math.abs(value);
      if (size >= beyond && size < Infinity) this.overflowed++;
    }
    return [bytesOf(narrowed(values, dtype))];
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

export const floats: EncodingKind<Floats> = {
  kind: 'floats',
  type: ({ dtype }) => dtype,
  bytes: ({ dtype }, shape) => elementCount(shape) * (dtype === 'F32' ? 4 : 2),
  kept: () => 0,
  encoder: ({ dtype }) => new FloatEncoder(dtype),
};
