/** Every codec once, by the name that a .tvq file has for it. */
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import type { CodecName } from '../../shared/codecNames.ts';
import { affine } from './affine/codec.ts';
import { codebook } from './codebook/codec.ts';
import type { Asked, Codec, RecordOf } from './codec.ts';
import { entropy } from './entropy/codec.ts';
import { factors } from './factors/codec.ts';
import type { MeasuredChoice as Choice, MeasuredChoices } from './measured.ts';
import { ratio } from './ratio/codec.ts';

const CODECS = { affine, codebook, entropy, factors, ratio };

type Of<T> = T extends Codec<infer C> ? C : never;

/** How one tensor of one vector is quantized. */
export type Coding = Of<(typeof CODECS)[keyof typeof CODECS]>;
export type MeasuredChoice = Choice<Coding>;
export type TensorAnalysis = MeasuredChoices<Coding>;

/** The codec of a coding. */
export const codecOf = ({ codec }: Coding): Codec<Coding> => CODECS[codec] as unknown as Codec<Coding>;

type CodedRecord = RecordOf<Coding['codec']>;

export const hasCodec = (record: TvqRecord): record is CodedRecord =>
  Object.hasOwn(CODECS, record.codec.codec);

/** The codec of a record that has codes. */
export const codecOfRecord = ({ codec }: CodedRecord): Codec<Coding> => codecOf(codec as unknown as Coding);

/** What each of a recipe's codec names stands for. */
export const ASKED = Object.assign({}, ...Object.values(CODECS).map(({ asked }) => asked)) as Readonly<
  Record<CodecName, Asked<Coding>>
>;
