/** The JSON in a .tvq file's `__metadata__`: its schema, and limits on what a file may claim. */
import { z } from 'zod';
import { GROUP_SIZES } from './codebookPayload.ts';
import { isDtype, type Dtype } from '../checkpoint/dtype.ts';
import type { Scheme } from '../../protocol.ts';

/** Limits on what a file may claim. A task more than this, or a longer name, is no use anyone has had. */
export const MAX_VECTORS = 4096;
export const MAX_TENSORS = 1_000_000;
export const MAX_NAME = 1024;
/** Dimensions of a tensor; frameworks have at most 64. */
export const MAX_RANK = 64;
const MAX_REQUIRED = 100;
export const MAX_EXTRAS = 100_000;
/** Files of one task, and bytes of one: what is read of a file that anyone may have made stays within them. */
export const MAX_FILES = 1000;
export const MAX_FILE_BYTES = 64 << 20;

const text = z.string().max(MAX_NAME);
const index = z.int().nonnegative().max(MAX_TENSORS);
const dtype = z.custom<Dtype>(value => typeof value === 'string' && isDtype(value), 'unknown dtype');

const codecs = z.discriminatedUnion('codec', [
  z.strictObject({ codec: z.literal('affine'), bits: z.int().min(1).max(8) }),
  z.strictObject({
    codec: z.literal('codebook'),
    bits: z.int().min(1).max(8),
    groupSize: z.literal(GROUP_SIZES),
    rotated: z.boolean(),
  }),
  z.strictObject({ codec: z.literal('entropy') }),
  z.strictObject({ codec: z.literal('exact') }),
  z.strictObject({ codec: z.literal('constant') }),
  z.strictObject({ codec: z.literal('same') }),
  z.strictObject({ codec: z.literal('absent') }),
]);

const checksum = z.string().regex(/^[0-9a-f]{16}$/, 'not a checksum');

const source = z.object({ name: text, fingerprint: text });

const vector = z.object({
  name: text,
  /** Row of the tensor table for each tensor of this vector. */
  tensors: z.array(index).max(MAX_TENSORS),
  /** Entry of the codec table for each tensor of this vector. */
  codecs: z.array(index).max(MAX_TENSORS),
  /** SHA-256 of this vector's side arrays, in the order scales, checksums, errors. */
  sideSha256: text,
  /** The fine-tuned checkpoint; absent for the shared vector. */
  source: source.optional(),
});

/** Files beside the weights: `table` has each once, `tasks` the rows that belong to a task. */
const fileTable = z.object({
  table: z
    .array(
      z.tuple([
        text,
        /** Bytes of the file itself. */
        z.int().nonnegative().max(MAX_FILE_BYTES),
        /** The first 32 hex digits of its SHA-256. */
        z.string().regex(/^[0-9a-f]{32}$/, 'not a digest'),
        /** Number of the tensor that has it; `base`: the base model had the same; `none`: it was too large to store. */
        z.union([index, z.enum(['base', 'none'])]),
      ]),
    )
    .max(MAX_EXTRAS),
  tasks: z.array(z.tuple([text, z.array(index).max(MAX_FILES)])).max(MAX_VECTORS),
});

/** Metadata keys and the schema of each value's JSON. */
export const METADATA = {
  tvq_scheme: z.object({
    scheme: z.enum(['fq', 'tvq', 'rtvq'] satisfies Scheme[]),
    /** Of every quantized tensor; absent where each has its own. */
    bits: z.int().min(1).max(8).optional(),
    baseBits: z.int().min(1).max(8).optional(),
  }),
  /** The base model; `tensors` are rows of the tensor table, in the order of `@base:checksums`. */
  tvq_base: source.extend({ tensors: z.array(index).max(MAX_TENSORS), sideSha256: text }),
  tvq_codecs: z.array(codecs).max(MAX_TENSORS),
  /** Name, dtype and shape; a tensor whose dtype or shape differs between checkpoints has a row for each. */
  tvq_tensors: z.array(z.tuple([text, dtype, z.array(z.int().nonnegative()).max(MAX_RANK)])).max(MAX_TENSORS),
  tvq_vectors: z.array(vector).max(MAX_VECTORS),
  /** Features that a reader has to understand; none in version 1. */
  tvq_requires: z.array(text).max(MAX_REQUIRED).default([]),
  /** XXH64 of each reserved tensor that is no part of a vector, whatever it holds. */
  tvq_extras: z
    .array(z.tuple([text, checksum]))
    .max(MAX_EXTRAS)
    .default([]),
  tvq_files: fileTable.default({ table: [], tasks: [] }),
  tvq_recipe: z.unknown(),
} as const;

export type Metadata = { [K in keyof typeof METADATA]: z.infer<(typeof METADATA)[K]> };
