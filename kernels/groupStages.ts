/**
 * The stages of codecs whose values share a scale by groups, which is kept as a byte: what `backend.ts` is for
 * quantizing with one scale a tensor. Results are byte-identical on every backend; no stage touches a region behind
 * its last value. A tensor's last group may have fewer values than the others.
 */
import type { Region } from './memory.ts';

/** Values of a group; a chunk's alignment is a multiple of each. */
export const GROUP_SIZES = [32, 64, 128, 256] as const;

/** Values that a scale's byte can have. */
export const SCALES = 256;

export interface GroupQuantizer {
  /** 1 to 8. */
  readonly bits: number;
  /** One of GROUP_SIZES. */
  readonly groupSize: number;
  /** What a group's values are multiplied by, for each of the SCALES bytes. */
  readonly inverse: Float32Array;
  /** 2^bits − 1, rising: the smallest value of each code but code 0. */
  readonly boundaries: Float32Array;
}

export interface GroupTable {
  /** 1 to 8. */
  readonly bits: number;
  /** One of GROUP_SIZES. */
  readonly groupSize: number;
  /** 2^bits: the value of each code before scaling. */
  readonly values: Float32Array;
  /** What those are multiplied by, for each of the SCALES bytes. */
  readonly scales: Float32Array;
}

/** Groups that `count` values make. */
export const groupsOf = (count: number, groupSize: number): number => Math.ceil(count / groupSize);

export interface GroupStages {
  /**
   * group_scales: a byte for each group of `groupSize` consecutive values of the F32 values at the start of `x`, from
   * byte first/groupSize of `scales` on (`first` a multiple of CHUNK_ALIGNMENT). The byte is how many of the 255
   * rising `thresholds` t, which are mean squares, finite and not negative, have S ≥ ftz(t·n), n being the group's
   * number of values and S the sum of their squares. Summation order: a lane is 32 consecutive values and keeps four
   * F32 sums (value j goes to sum j mod 4, in order) that it adds as (s0+s1)+(s2+s3); with m lanes a group, lanes are
   * added in pairs l, l+m/2, then l, l+m/4 … l, l+1; values past `count` count as zero. Bytes behind the last one, up
   * to the next multiple of 4, are zero. Finite values are asked for, or a NaN makes byte 0.
   */
  groupScales(
    x: Region,
    groupSize: number,
    thresholds: Float32Array,
    scales: Region,
    first: number,
    count: number,
  ): Promise<void>;

  /**
   * quantize_groups: codes of the F32 values at the start of `x`. With v = ftz(ftz(x)·inverse[s]), s being byte
   * ⌊(first + i)/groupSize⌋ of `scales`, the code is how many boundaries b have v ≥ b. Packed as quantize_pack packs:
   * code i in bits [i·b, (i+1)·b) of a little-endian bit stream that starts at byte first·b/8 of `codes` (`first` a
   * multiple of CHUNK_ALIGNMENT); bits after the last code, up to the next multiple of 4 bytes, are zero. Finite
   * values are asked for, or a NaN makes code 0.
   */
  quantizeGroups(
    x: Region,
    scales: Region,
    quantizer: GroupQuantizer,
    codes: Region,
    first: number,
    count: number,
  ): Promise<void>;

  /**
   * dequantize_groups: out[i] = ftz(values[code i]·scales[s]), code i as quantize_groups packed it from byte
   * first·bits/8 of `codes` on, s being byte ⌊(first + i)/groupSize⌋ of `scales`; F32 at the start of `out`. `first`
   * is a multiple of CHUNK_ALIGNMENT.
   */
  dequantizeGroups(
    codes: Region,
    scales: Region,
    table: GroupTable,
    out: Region,
    first: number,
    count: number,
  ): Promise<void>;
}
