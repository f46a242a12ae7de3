/** Budgets as people write them. */
import { parseSize } from '../parseSize.ts';
import { translatable } from '../translatable.ts';
import { AllocationError } from './errors.ts';

/** How large the result may be. */
export type SizeBudget =
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** All bytes of the file · 8 / (quantized parameters · tasks). */
  | { readonly kind: 'bitsPerWeight'; readonly bits: number }
  /** All bytes of the file except the fixed ones · 8 / (quantized parameters · tasks). */
  | { readonly kind: 'codes'; readonly bits: number }
  /** Of the size of all fine-tuned checkpoints in FP32. */
  | { readonly kind: 'percent'; readonly percent: number };

/** How far off the result may be: Σ weight · ‖τ̂ − τ‖² ≤ relative · Σ weight · ‖τ‖², with as few bytes as possible. */
export interface ErrorBudget {
  readonly kind: 'error';
  readonly relative: number;
}

export type Budget = SizeBudget | ErrorBudget;

/** What relative budgets refer to. */
export interface BudgetScale {
  /** Quantized parameters · tasks. */
  readonly weights: number;
  /** Bytes of all fine-tuned checkpoints in FP32. */
  readonly fp32Bytes: number;
  /** Bytes of the file that no choice changes: its header, tensors stored exactly, and variances. */
  readonly fixedBytes: number;
}

/** What `parseBudget` reads. */
export const BUDGET_FORMS = translatable(
  'a size (735102B, 120MB, 1.5GiB), bits per weight (2.25bpw; codes=2.25bpw without the header and exact tensors), a share of FP32 (8%) or a relative squared error (error=0.1)',
);

/** The text has none of the forms of a budget. */
export class NoBudget extends AllocationError {
  constructor(readonly given: string) {
    super(`"${given}" is not a budget; expected: ${BUDGET_FORMS}`);
  }
}

const NUMBER = String.raw`(\d+(?:\.\d+)?|\.\d+)`;
const ERROR = new RegExp(String.raw`^error\s*[=\s]\s*${NUMBER}$`, 'i');
const CODES = new RegExp(String.raw`^codes\s*[=\s]\s*${NUMBER}\s*bpw$`, 'i');
const RELATIVE = new RegExp(String.raw`^${NUMBER}\s*(bpw|%)$`, 'i');

/** @throws NoBudget with the forms that are accepted */
export function parseBudget(text: string): Budget {
  const given = text.trim();
  const [, relative] = ERROR.exec(given) ?? [];
  if (relative !== undefined) return { kind: 'error', relative: Number(relative) };
  const budget = parseSizeBudget(given);
  if (!budget) throw new NoBudget(text);
  return budget;
}

function parseSizeBudget(text: string): SizeBudget | undefined {
  const codes = Number(CODES.exec(text)?.[1] ?? 0);
  if (codes > 0) return { kind: 'codes', bits: codes };
  const [, digits, unit = ''] = RELATIVE.exec(text) ?? [];
  if (digits !== undefined) {
    const value = Number(digits);
    if (value === 0) return undefined;
    return unit === '%' ? { kind: 'percent', percent: value } : { kind: 'bitsPerWeight', bits: value };
  }
  // A number alone might mean bytes or bits per weight: the unit is required.
  const bytes = /[a-z]$/i.test(text) ? parseSize(text) : undefined;
  return bytes ? { kind: 'bytes', bytes } : undefined;
}

/** The size in whole bytes that a budget allows for the file. */
export function budgetBytes(budget: SizeBudget, { weights, fp32Bytes, fixedBytes }: BudgetScale): number {
  switch (budget.kind) {
    case 'bytes':
      return budget.bytes;
    case 'bitsPerWeight':
      return Math.floor((budget.bits * weights) / 8);
    case 'codes':
      return fixedBytes + Math.floor((budget.bits * weights) / 8);
    case 'percent':
      return Math.floor((budget.percent * fp32Bytes) / 100);
  }
}
