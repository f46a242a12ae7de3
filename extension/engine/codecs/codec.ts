/** What a codec is: one way to turn a tensor's numbers into codes, and codes back into numbers. */
import type { Region } from '../../../kernels/memory.ts';
import type { GroupSize } from '../../formats/tvq/codebookPayload.ts';
import type { Codec as Stored, CodecOf } from '../../formats/tvq/codecs.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import type { CodecFact } from '../../protocol/tensors.ts';
import type { CodecName } from '../../shared/codecNames.ts';
import type { ItemContext, RecordOutcome } from '../scheduler/item.ts';
import type { ItemMemory } from '../scheduler/itemKind.ts';
import type { Reconstruction } from './gain.ts';
import type { MeasuredChoices, MeasuredTensor, Offer } from './measured.ts';
import type { RecordReader } from './reader.ts';
import type { Values } from './values.ts';

/** What a recipe's word for a codec stands for. */
export interface Asked<C> {
  /** Whether values share scales in groups. */
  readonly grouped: boolean;
  /** The coding of a width; undefined if it has no widths and takes what a budget gives. */
  readonly ofWidth: ((bits: number, groupSize?: GroupSize) => C) | undefined;
}

/** Scratch memory for one chunk of values and their codes. */
export interface EncoderMemory {
  readonly x: Region;
  /** Codes of one span. */
  readonly codes: Region;
  /** What the codec needs besides, of the sizes it names in `extra`. */
  readonly extra: readonly Region[];
}

/** One tensor of one vector to quantize. */
export interface Encoding<C> {
  readonly tensor: string;
  /** The fine-tuned tensor; undefined for a shared vector's. */
  readonly source: TensorSource | undefined;
  readonly count: number;
  readonly resident: boolean;
  /** Whether `codes` of the memory holds the codes of the whole tensor rather than of one span. */
  readonly whole: boolean;
  /** Number of the vector in the file. */
  readonly output: number;
  readonly coding: C;
  readonly reconstruction: Reconstruction;
}

/** How codes in backend memory become values again. */
export interface Decoding {
  readonly bits: number;
  /** The value of each code. */
  readonly table: Float32Array;
  /** The stage that rotates values back, in place; undefined: not rotated. */
  readonly rotate: 'rotate4' | 'rotate256' | undefined;
}

type Name = Stored['codec'];

/** A record of a codec. */
export type RecordOf<N extends Name> = TvqRecord & { readonly codec: CodecOf<N> };

/** A record that is to be read. */
export interface Reading<N extends Name = Name> {
  readonly memory: ItemMemory;
  readonly file: string;
  readonly record: RecordOf<N>;
  readonly vector: string;
  /** Elements of the longest span. */
  readonly span: number;
}

export interface Codec<C extends { readonly codec: Name }> {
  /** Words of recipes that ask for it. */
  readonly asked: Partial<Readonly<Record<CodecName, Asked<C>>>>;
  /** What the file says about it. */
  stored(coding: C): Stored;
  /** Payload bytes of `count` values. */
  bytes(coding: C, count: number): number;
  /** Nominal bits per weight of a coding: the width of its codes, or the rate of entropy-coded ones. */
  nominalBits(coding: C, count: number): number;
  /** Bits of its codes while they are in backend memory. */
  codeBits(coding: C): number;
  /** Bytes of regions beside the encoder's own, for one chunk or one span. */
  extra?(chunk: number, span: number): readonly number[];
  /** Bytes of the payload that are collected before any is emitted. */
  collected?(coding: C): number;
  /**
   * Quantizes a tensor and emits its payload.
   * @returns undefined, with nothing emitted, where that is impossible: NaN, infinity, a range too small for a scale
   */
  quantize(
    context: ItemContext,
    memory: EncoderMemory,
    encoding: Encoding<C>,
    values: Values,
  ): Promise<RecordOutcome | undefined>;
  /** Measures what its choices would cost. */
  measure(
    context: ItemContext,
    memory: EncoderMemory,
    tensor: MeasuredTensor,
    values: Values,
    wanted: { readonly coding: C; readonly offer: Offer },
  ): Promise<MeasuredChoices<C>>;
  /** How the codes that `quantize` left in memory are decoded there; undefined: a shared vector cannot have this codec. */
  readonly decoding: ((coding: C, scales: RecordOutcome['scales']) => Decoding) | undefined;
  reader(reading: Reading<C['codec']>): RecordReader;
  /** What turns a record's codes back into values, as named numbers. */
  facts(record: RecordOf<C['codec']>): readonly CodecFact[];
}

/** XXH64 of no bytes. */
const NO_PAYLOAD = 'ef46db3751d8e999';

/** Outcome of a tensor that takes no payload. */
export const withoutPayload = (codec: 'constant' | 'same' | 'absent', value = 0): RecordOutcome => ({
  codec,
  scales: [0, value],
  checksum: NO_PAYLOAD,
  errors: [0, 0],
});
