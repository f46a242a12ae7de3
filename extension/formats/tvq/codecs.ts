/** The ways to store one tensor of one vector in a .tvq file: the possible entries of its codec table. */
import * as z from 'zod';
import { packedBytes } from '../../../kernels/codes.ts';
import { DTYPE_BITS, type Dtype } from '../dtype.ts';
import { codebookParts, GROUP_SIZES } from './codebookPayload.ts';
import type { CodecKind } from './codecNature.ts';
import { text } from './tables.ts';

/** A way to store a tensor. */
interface Storage<S extends z.ZodType> {
  /** Of its entry in the codec table. */
  readonly schema: S;
  /** Bytes of a payload of `count` values; undefined where they depend on the values. */
  readonly bytes: (entry: z.infer<S>, count: number, dtype: Dtype) => number | undefined;
}

const storage = <S extends z.ZodType>(
  schema: S,
  bytes: (entry: z.infer<S>, count: number, dtype: Dtype) => number | undefined,
): Storage<S> => ({ schema, bytes });

const nothing = <Name extends string>(name: Name) =>
  storage(z.strictObject({ codec: z.literal(name) }), () => 0);

const bits = z.int().min(1).max(8);

const STORAGE = {
  /** Packed codes q of `bits` bits; value (q − zero) / scale. */
  affine: storage(z.strictObject({ codec: z.literal('affine'), bits }), (entry, count) =>
    packedBytes(count, entry.bits),
  ),
  /** Packed codes of `bits` bits, each standing for a value of a codebook, times the scale of its group of `groupSize`
   * values (0: of the tensor); rotated back in blocks of 256 where `rotated`. See codebookPayload.ts. */
  codebook: storage(
    z.strictObject({
      codec: z.literal('codebook'),
      bits,
      groupSize: z.literal(GROUP_SIZES),
      rotated: z.boolean(),
    }),
    (entry, count) => codebookParts(entry, count).bytes,
  ),
  /** rANS-coded codes c of rotated values; value (c − 128) · unit, rotated back. See kernels/entropy.ts. */
  entropy: storage(z.strictObject({ codec: z.literal('entropy') }), () => undefined),
  /** The matrices of an adapter, whose products are the values. See factorsPayload.ts. */
  factors: storage(z.strictObject({ codec: z.literal('factors') }), () => undefined),
  /** A byte c for each value: the base model's · 2^((c − 128) / 16). For running variances. */
  ratio: storage(z.strictObject({ codec: z.literal('ratio') }), (_entry, count) => count),
  /** The fine-tuned tensor itself, in its own dtype. */
  exact: storage(
    z.strictObject({ codec: z.literal('exact') }),
    (_entry, count, dtype) => (count * DTYPE_BITS[dtype]) / 8,
  ),
  /** Every value is the same. */
  constant: nothing('constant'),
  /** The fine-tuned tensor equals the base model's, bit for bit. */
  same: nothing('same'),
  /** The checkpoint does not have this tensor. */
  absent: nothing('absent'),
} as const satisfies Readonly<Record<CodecKind, unknown>>;

type Stored = typeof STORAGE;

/** How one tensor of one vector is stored. */
export type Codec = { [K in keyof Stored]: Readonly<z.infer<Stored[K]['schema']>> }[keyof Stored];
export type CodecOf<Name extends Codec['codec']> = Extract<Codec, { codec: Name }>;

/** An entry of the codec table; entries of later versions also have a name. */
export const codecEntry = z.looseObject({ codec: text });
export type CodecEntry = z.infer<typeof codecEntry>;

/** undefined: a codec, or a variant of one, that this version does not know. */
export function codecOf(entry: CodecEntry): Codec | undefined {
  if (!Object.hasOwn(STORAGE, entry.codec)) return undefined;
  return STORAGE[entry.codec as keyof Stored].schema.safeParse(entry).data;
}

/** Bytes of a payload of `count` values; undefined where they depend on the values. */
export const payloadBytes = (codec: Codec, count: number, dtype: Dtype): number | undefined =>
  (STORAGE[codec.codec] as Storage<z.ZodType>).bytes(codec, count, dtype);
