/**
 * The ratio of positive values to the base's on a logarithmic scale: code c stands for 2^((c − 128) / 16), sixteen to an
 * octave, so that a value is within 2.2 % and never 0 or negative. Factors are float32 and the same everywhere.
 */
import { CODES } from '../../../../kernels/codes.ts';
import type { QuantizableDtype } from '../../../formats/dtype.ts';

/** A byte for each value. */
export interface RatioCoding {
  readonly codec: 'ratio';
}

/** The code of a ratio of 1. */
const ONE_CODE = CODES / 2;

/** 2^(j/16). */
const OCTAVE = [
  1, 1.0442737824274138, 1.0905077326652577, 1.1387886347566916, 1.189207115002721, 1.241857812073484,
  1.2968395546510096, 1.3542555469368927, 1.4142135623730951, 1.4768261459394993, 1.542210825407941,
  1.6104903319492543, 1.6817928305074292, 1.7562521603732995, 1.8340080864093424, 1.9152065613971474,
] as const;

const f32 = Math.fround;

/** 2^((code − 128) / 16), the same on every machine. */
function ratioOf(code: number): number {
  const k = code - ONE_CODE;
  return (OCTAVE[k & 15] as number) * 2 ** Math.floor(k / 16);
}

/** What each code multiplies the base's value by. */
export const RATIOS = Float32Array.from({ length: CODES }, (_, code) => f32(ratioOf(code)));

/** Squares of the ratios at which each code begins, and where the last one ends: halfway on their logarithmic scale. */
const SQUARES = Float64Array.from({ length: CODES + 1 }, (_, code) => ratioOf(code - 1) * ratioOf(code));

/** Below it, numbers count as 0. */
const SMALLEST = 2 ** -126;

/** The largest number that a value of each dtype can have. */
const LARGEST: Readonly<Record<QuantizableDtype, number>> = {
  F16: 65504,
  BF16: (2 - 2 ** -7) * 2 ** 127,
  F32: (2 - 2 ** -23) * 2 ** 127,
  F64: (2 - 2 ** -23) * 2 ** 127,
};

/** The value that a code stands for. */
export function valueOf(base: number, code: number): number {
  const value = f32(base * (RATIOS[code] as number));
  return Math.abs(value) < SMALLEST ? 0 : value;
}

/** The code of a value; undefined where it has none, because it or the base's is not a positive number that a `dtype`
 * can have, or because they differ too much. */
export function codeOf(value: number, base: number, dtype: QuantizableDtype): number | undefined {
  if (!(value >= SMALLEST && base >= SMALLEST)) return undefined;
  const square = (value / base) ** 2;
  if (!(square >= (SQUARES[0] as number) && square < (SQUARES[CODES] as number))) return undefined;
  let [code, end] = [0, CODES];
  while (end - code > 1) {
    const middle = (code + end) >> 1;
    if (square >= (SQUARES[middle] as number)) code = middle;
    else end = middle;
  }
  const restored = valueOf(base, code);
  return restored >= SMALLEST && restored <= LARGEST[dtype] ? code : undefined;
}
