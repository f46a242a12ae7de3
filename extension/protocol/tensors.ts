/** The tensors of a .tvq file: rows of a table, and the details of one. */
import * as z from 'zod';
import type { Message } from '../shared/translatable.ts';

/** A tensor's or vector's name; the limit is longer than any in a .tvq file. */
export const tensorName = z.string().max(1024);

const column = z.enum(['tensor', 'vector', 'shape', 'codec', 'bits', 'bytes', 'error']);
export type TensorColumn = z.output<typeof column>;

/** One row of the tensor table: one tensor of one task, or of the shared base vector. */
export interface TensorRow {
  readonly tensor: string;
  /** The task's name; `@shared` for the shared base vector. */
  readonly vector: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** As the file names it: affine, codebook, entropy, factors, ratio, exact, constant, same, absent. */
  readonly codec: string;
  /** undefined if there are no codes. */
  readonly bits: number | undefined;
  readonly bytes: number;
  /** ‖x − x̂‖² / ‖x‖² of this vector's tensor, measured when it was quantized; undefined if nothing was quantized. */
  readonly error: number | undefined;
}

export interface TensorQuery {
  /** Words that must all occur in the tensor's or vector's name, case-insensitive. */
  readonly search: string;
  readonly sort: TensorColumn;
  readonly descending: boolean;
  readonly first: number;
  /** At most 1000 rows are returned. */
  readonly count: number;
}

export const tensorQuery: z.ZodType<TensorQuery> = z.object({
  search: z.string().max(1000), // longer than any name worth typing; every row is compared with every word
  sort: column,
  descending: z.boolean(),
  first: z.int().min(0),
  count: z.int().min(0),
});

export interface TensorPage {
  /** Rows that match the search. */
  readonly total: number;
  readonly first: number;
  readonly rows: readonly TensorRow[];
}

/** A named number of a codec: used to turn codes back into values. */
export interface CodecFact {
  readonly name: string;
  readonly value: number;
  /** One sentence. */
  readonly meaning: Message;
}

/** How often each value of a range occurs. */
export interface Histogram {
  /** Lower edge of the first bin and upper edge of the last. */
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

/** A matrix, down-sampled: magnitudes of the values of each cell, row by row. */
export interface TensorMap {
  /** At most 64 each. */
  readonly rows: number;
  readonly columns: number;
  /** Of the whole tensor; dimensions after the first are merged. */
  readonly tensorRows: number;
  readonly tensorColumns: number;
  readonly mean: readonly number[];
  readonly max: readonly number[];
}

/** The values of a tensor; NaN and infinities are counted and left out of everything else. */
export interface TensorValues {
  readonly count: number;
  readonly zeros: number;
  readonly nonFinite: number;
  readonly mean: number;
  readonly deviation: number;
  /** 64 bins over the finite values; one bin if all are the same. */
  readonly histogram: Histogram;
  readonly map: TensorMap;
}

/** The details of one tensor of one vector of a .tvq file. */
export interface TensorDetail extends Omit<TensorRow, 'bits'> {
  readonly facts: readonly CodecFact[];
  /** From the lowest to the highest code that occurs, one bin each; undefined if there are no codes. */
  readonly codes: Histogram | undefined;
  /** What the values are: a restored task vector, or weights if the file has no task vector of this tensor. */
  readonly meaning: 'task vector' | 'weights';
  /** undefined if the file has no values of it (`same`, `absent`), or only integers. */
  readonly values: TensorValues | undefined;
}
