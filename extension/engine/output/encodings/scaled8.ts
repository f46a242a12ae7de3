/** F8_E4M3 codes behind the F32 scales that they are multiplied with: one for all values, or one for each row. */
import { elementCount } from '../../../formats/dtype.ts';
import { float8Bits, FLOAT8_LARGEST } from '../../../formats/floatBits.ts';
import type { EncodingKind, TensorEncoder } from './encoding.ts';

export interface Scaled8 {
  readonly kind: 'scaled8';
  /** 1, or the number of rows. */
  readonly scales: number;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const SMALLEST_NORMAL = 0x00800000;

/**
 * The scale with which the largest magnitude becomes ±448: max / 448, rounded up to what bfloat16 holds too, as some
 * loaders keep scales in the model's dtype. 1 where all values are 0.
 */
export function float8Scale(largest: number): number {
  if (largest === 0) return 1;
  float[0] = largest / FLOAT8_LARGEST;
  word[0] = Math.max(SMALLEST_NORMAL, ((word[0] as number) + 0xffff) & 0xffff0000);
  return float[0];
}

class Scaled8Encoder implements TensorEncoder {
  readonly overflowed = 0;
  readonly #largest: Float32Array;
  #scales: Float32Array<ArrayBuffer> | undefined;
  #measured = 0;
  #encoded = 0;

  constructor(
    scales: number,
    /** Values that share a scale. */
    private readonly length: number,
  ) {
    this.#largest = new Float32Array(scales);
  }

  readonly measure = (values: Float32Array): void => {
    this.#byScale(values, this.#measured, (scale, from, until) => {
      this.#largest[scale] = Math.max(this.#largest[scale] as number, largestIn(values, from, until));
    });
    this.#measured += values.length;
  };

  encode(values: Float32Array): readonly Uint8Array<ArrayBuffer>[] {
    const isFirst = !this.#scales;
    const scales = (this.#scales ??= this.#largest.map(float8Scale));
    const scaled = new Float32Array(values.length);
    this.#byScale(values, this.#encoded, (at, from, until) =>
      divide(values, scales[at] as number, scaled, from, until),
    );
    this.#encoded += values.length;
    const codes = float8Bits(scaled);
    return isFirst ? [new Uint8Array(scales.slice().buffer), codes] : [codes];
  }

  #byScale(
    values: Float32Array,
    first: number,
    work: (scale: number, from: number, until: number) => void,
  ): void {
    for (let from = 0; from < values.length;) {
      const scale = Math.floor((first + from) / this.length);
      const until = Math.min(values.length, (scale + 1) * this.length - first);
      work(scale, from, until);
      from = until;
    }
  }
}

/** The largest finite magnitude; 0 where there is none. */
function largestIn(values: Float32Array, from: number, until: number): number {
  let most = 0;
  for (let i = from; i < until; i++) {
    const size = Math.abs(values[i] as number);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

function divide(values: Float32Array, by: number, out: Float32Array, from: number, until: number): void {
  for (let i = from; i < until; i++) out[i] = (values[i] as number) / by;
}

export const scaled8: EncodingKind<Scaled8> = {
  kind: 'scaled8',
  type: () => 'F8_E4M3',
  bytes: ({ scales }, shape) => 4 * scales + elementCount(shape),
  kept: ({ scales }) => 2 * 4 * scales,
  encoder: ({ scales }, shape) => new Scaled8Encoder(scales, elementCount(shape) / scales),
};
