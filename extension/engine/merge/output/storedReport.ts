/** What a tensor's item reported, as stored in the journal: JSON has neither NaN or infinity nor gaps in a list. */
import * as z from 'zod';
import type { MergeFindings, TensorStats, MergeItemReport } from '../tensor/mergeItem.ts';

const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const numbers = z.array(number);
const sums = <K extends string>(...keys: K[]) =>
  z.strictObject(Object.fromEntries(keys.map(key => [key, number])) as Record<K, typeof number>);
/** By position; null where there is none. */
const checksums = z.array(z.string().nullable()).transform(list => list.map(found => found ?? undefined));

/** A field missing here would be lost, so the compiler demands each. */
type FieldsOf<T> = Record<keyof T, z.ZodType>;

const stats = z.strictObject({
  merged: number,
  inputs: numbers,
  products: numbers,
  moved: number,
  conflicts: number,
  kept: z.array(sums('moved', 'kept')).optional(),
  difference: sums('error', 'energy').optional(),
} satisfies FieldsOf<TensorStats>);

const findings = z.strictObject({
  stats: stats.optional(),
  differs: z.boolean().optional(),
  copied: z.boolean().optional(),
  written: sums('nonFinite', 'overflowed').optional(),
  raised: number.optional(),
  originals: checksums.optional(),
} satisfies FieldsOf<Omit<MergeFindings, 'histograms' | 'signs' | 'emr'>>); // those come from passes that write nothing

/** Reads what `packReport` made. */
export const reportSchema = z.strictObject({
  checksums,
  warnings: z.array(z.string()),
  findings: findings.optional(),
} satisfies FieldsOf<MergeItemReport>);

/** A report, or a part of one, in a form that JSON can represent. */
export function packReport(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(packReport);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, packReport(one)]));
}
