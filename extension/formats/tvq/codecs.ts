/** The ways to store one tensor of one vector in a .tvq file: the possible entries of its codec table. */
import * as z from 'zod';
import { packedBytes } from '../../../kernels/codes.ts';
import { DTYPE_BITS, type Dtype } from '../dtype.ts';
import { codebookParts, GROUP_SIZES } from './codebookPayload.ts';
import { text } from './tables.ts';

/** A way to store a tensor. */
interface Storage<S extends z.ZodType> {
  /** Of its entry in the codec table. */
  readonly schema: S;
  /** `codes`: an array of bytes; `tensor`: the fine-tuned tensor in its own dtype; `nothing`: there is no payload. */
  readonly holds: 'codes' | 'tensor' | 'nothing';
  /** Whether its values are added to a reference, as a task vector's are; otherwise they are the fine-tuned tensor's. */
  readonly isAdded: boolean;
  /** Bytes of a payload of `count` values; undefined where they depend on the values. */
  readonly bytes: (entry: z.infer<S>, count: number, dtype: Dtype) => number | undefined;
}

const codes = <S extends z.ZodType>(
  schema: S,
  bytes: (entry: z.infer<S>, count: number) => number | undefined,
): Storage<S> => ({ schema, holds: 'codes', isAdded: true, bytes });

const nothing = <Name extends string>(name: Name, isAdded = false) =>
  ({
    schema: z.strictObject({ codec: z.literal(name) }),
    holds: 'nothing',
    isAdded,
    bytes: () => 0,
  }) as const;

const bits = z.int().min(1).max(8);

const STORAGE = {
  /** Packed codes q of `bits` bits; value (q − zero) / scale. */
  affine: codes(z.strictObject({ codec: z.literal('affine'), bits }), (entry, count) =>
    packedBytes(count, entry.bits),
  ),
  /** Packed codes of `bits` bits, each standing for a value of a codebook, times the scale of its group of `groupSize`
   * values (0: of the tensor); rotated back in blocks of 256 where `rotated`. See codebookPayload.ts. */
  codebook: codes(
    z.strictObject({
      codec: z.literal('codebook'),
      bits,
      groupSize: z.literal(GROUP_SIZES),
      rotated: z.boolean(),
    }),
    (entry, count) => codebookParts(entry, count).bytes,
  ),
  /** rANS-coded codes c of rotated values; value (c − 128) · unit, rotated back. See kernels/entropy.ts. */
  entropy: codes(z.strictObject({ codec: z.literal('entropy') }), () => undefined),
  /** The matrices of an adapter, whose products are the values. See factorsPayload.ts. */
  factors: codes(z.strictObject({ codec: z.literal('factors') }), () => undefined),
  /** A byte c for each value: the base model's · 2^((c − 128) / 16). For running variances. */
  ratio: {
    ...codes(z.strictObject({ codec: z.literal('ratio') }), (_entry, count) => count),
    isAdded: false,
  },
  /** The fine-tuned tensor itself, in its own dtype. */
  exact: {
    schema: z.strictObject({ codec: z.literal('exact') }),
    holds: 'tensor',
    isAdded: false,
    bytes: (_entry: unknown, count: number, dtype: Dtype) => (count * DTYPE_BITS[dtype]) / 8,
  },
  /** Every value is the same. */
  constant: nothing('constant', true),
  /** The fine-tuned tensor equals the base model's, bit for bit. */
  same: nothing('same'),
  /** The checkpoint does not have this tensor. */
  absent: nothing('absent'),
} as const;

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

type Named = { readonly codec: Codec['codec'] };

/** Whether a payload is codes, an array of bytes, rather than a tensor in its own dtype. */
export const isCoded = ({ codec }: Named): boolean => STORAGE[codec].holds === 'codes';
/** Whether values are added to a reference: the base model's, or more. */
export const isAdded = ({ codec }: Named): boolean => STORAGE[codec].isAdded;
/** Whether there are values only together with the base model's, which are not just added. */
export const needsBase = ({ codec }: Named): boolean => isCoded({ codec }) && !isAdded({ codec });
export const hasPayload = ({ codec }: Named): boolean => STORAGE[codec].holds !== 'nothing';

/** Bytes of a payload of `count` values; undefined where they depend on the values. */
export const payloadBytes = (codec: Codec, count: number, dtype: Dtype): number | undefined =>
  (STORAGE[codec.codec] as Storage<z.ZodType>).bytes(codec, count, dtype);
