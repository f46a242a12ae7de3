/** The JSON in a .tvq file's `__metadata__`: its schema, and limits on its claims. */
import * as z from 'zod';
import type { Scheme } from '../../protocol/recipes.ts';
import { codecEntry } from './codecs.ts';
import {
  index,
  MAX_CODECS,
  MAX_LENGTH_BYTES,
  MAX_TABLE_BYTES,
  MAX_TENSORS,
  MAX_VECTORS,
  tableRow,
  text,
} from './tables.ts';

const MAX_REQUIRED = 100;
export const MAX_EXTRAS = 100_000;
/** Maximum files of one task, and bytes of one file: anyone may have made a .tvq file, so reading is bounded. */
export const MAX_FILES = 1000;
export const MAX_FILE_BYTES = 64 << 20;

const checksum = z.string().regex(/^[0-9a-f]{16}$/, 'not a checksum');

const source = z.object({ name: text, fingerprint: text });

/** The part of a vector that every version has. */
const vector = z.object({
  name: text,
  /** SHA-256 of this vector's side arrays, in the order scales, checksums, errors. */
  sideSha256: text,
  /** The fine-tuned checkpoint; absent for the shared vector. */
  source: source.optional(),
});

/** Files beside the weights: `table` lists each once, `tasks` the rows of each task. */
const fileTable = z.object({
  table: z
    .array(
      z.tuple([
        text,
        /** Bytes of the file itself. */
        z.int().nonnegative().max(MAX_FILE_BYTES),
        /** The first 32 hex digits of its SHA-256. */
        z.string().regex(/^[0-9a-f]{32}$/, 'not a digest'),
        /** Number of the tensor that holds it; `base`: same as the base model's; `none`: it was too large to store. */
        z.union([index, z.enum(['base', 'none'])]),
      ]),
    )
    .max(MAX_EXTRAS),
  tasks: z.array(z.tuple([text, z.array(index).max(MAX_FILES)])).max(MAX_VECTORS),
});

/** Metadata keys of every version, and the schema of each value's JSON. */
const COMMON = {
  tvq_scheme: z.object({
    scheme: z.enum(['fq', 'tvq', 'rtvq'] satisfies Scheme[]),
    /** Of every quantized tensor; absent if each has its own. */
    bits: z.int().min(1).max(8).optional(),
    baseBits: z.int().min(1).max(8).optional(),
  }),
  /** Features that a reader must understand. */
  tvq_requires: z.array(text).max(MAX_REQUIRED).default([]),
  /** XXH64 of each reserved tensor that is not part of a vector, whatever it contains. */
  tvq_extras: z
    .array(z.tuple([text, checksum]))
    .max(MAX_EXTRAS)
    .default([]),
  tvq_files: fileTable.default({ table: [], tasks: [] }),
  tvq_recipe: z.unknown(),
};

/** Keys of the version that is written. */
export const METADATA = {
  ...COMMON,
  tvq_base: source.extend({ sideSha256: text }),
  tvq_codecs: z.array(codecEntry).max(MAX_CODECS),
  /** Bytes of the table of tensors before compression, bytes of a length in the table of records, and the SHA-256 of
   * both as stored, the tensor table first. */
  tvq_tables: z.object({
    tensors: z.int().nonnegative().max(MAX_TABLE_BYTES),
    lengthBytes: z.int().min(1).max(MAX_LENGTH_BYTES),
    sha256: text,
  }),
  tvq_vectors: z
    .array(
      vector.extend({
        /** The vector that this one is relative to, besides the base model: `@shared` for a task of an rtvq file. */
        shared: text.optional(),
        /** Its tensors were computed in a wider dtype than the model's: restored, they have the base's. */
        widened: z.boolean().optional(),
      }),
    )
    .max(MAX_VECTORS),
} as const;

/** Keys of versions 1 and 2, which contain the tables. */
export const OLD_METADATA = {
  ...COMMON,
  /** `tensors` are rows of the tensor table, in the order of `@base:checksums`. */
  tvq_base: source.extend({ tensors: z.array(index).max(MAX_TENSORS), sideSha256: text }),
  tvq_codecs: z.array(codecEntry).max(MAX_TENSORS),
  tvq_tensors: z.array(tableRow).max(MAX_TENSORS),
  tvq_vectors: z
    .array(
      vector.extend({
        /** Row of the tensor table for each tensor of this vector. */
        tensors: z.array(index).max(MAX_TENSORS),
        /** Entry of the codec table for each tensor of this vector. */
        codecs: z.array(index).max(MAX_TENSORS),
      }),
    )
    .max(MAX_VECTORS),
} as const;

type Parsed<S extends Readonly<Record<string, z.ZodType>>> = { [K in keyof S]: z.infer<S[K]> };
export type Metadata = Parsed<typeof METADATA>;
export type OldMetadata = Parsed<typeof OLD_METADATA>;
