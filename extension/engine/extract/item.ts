/** Extracts one tensor's change: the factors of an adapter, or only its size, where an adapter cannot have it. */
import { product } from '../../../kernels/product.ts';
import { UserError } from '../../shared/errors.ts';
import { DTYPE_BITS } from '../../formats/dtype.ts';
import { narrowed } from '../../formats/floatBits.ts';
import { sidesOf } from '../../formats/lora/deltaSource.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { Item, ItemContext, ItemReport, RecordOutcome } from '../scheduler/item.ts';
import type { ItemKind } from '../scheduler/itemKind.ts';
import { toFloats } from '../tensors/decode.ts';
import { inputSources, type InputTensor } from '../tensors/inputTensor.ts';
import { DeltaRows } from './deltaRows.ts';
import { energiesOf, factorise, factoriseBytes, type Factors } from './factorise.ts';
import { writtenFactors, type Form } from './form.ts';
import { squares } from './projection.ts';

export interface ExtractItem extends Item {
  readonly kind: 'extract';
  readonly shape: readonly number[];
  readonly base: TensorSource;
  readonly input: InputTensor;
  /** undefined: only the size of the change is measured. */
  readonly form: Form | undefined;
  /** Whether the strengths of its directions are only measured, to divide a budget. */
  readonly measured: boolean;
  /** The highest rank, at most the shorter side; and the part of ‖Δ‖² that is enough. */
  readonly most: number;
  readonly energy: number | undefined;
  /** Of the factors. */
  readonly dtype: FactorDtype;
  readonly resident: boolean;
}

export type FactorDtype = 'F32' | 'F16' | 'BF16';

export interface ExtractReport extends ItemReport {
  /** ‖Δ‖². */
  readonly norm: number;
  /** 0: nothing was written. */
  readonly rank: number;
  /** Squared singular values, falling, where they were asked for. */
  readonly energies: Float64Array;
  /** ‖Δ − B·A‖² with the factors as they were written, summed over the values. */
  readonly error: number;
}

const sides = (item: ExtractItem) => {
  const [rows, cols] = sidesOf(item);
  return { rows, cols };
};

/** Bytes of both factors at the highest rank. */
export function mostFactorBytes(item: ExtractItem): number {
  const { rows, cols } = sides(item);
  return (item.most * (rows + cols) * DTYPE_BITS[item.dtype]) / 8;
}

const WRITTEN: RecordOutcome = { codec: 'exact', scales: [0, 0], checksum: '', errors: [0, 0] };

/** Its outputs are A and B, of the rank that their bytes come to; the report's checksum is that of the base's tensor. */
export const extractKind: ItemKind<ExtractItem, ExtractReport> = {
  kind: 'extract',
  sources: ({ base, input }) => [base, ...inputSources(input)],
  allocate(item, memory, chunk) {
    const { rows, cols } = sides(item);
    const delta = new DeltaRows({ rows, cols, ...item }, memory, chunk);
    // The factors again as they are written, and turned.
    if (item.form) memory.plain(factoriseBytes({ rows, cols }, item) + 2 * mostFactorBytes(item));
    return async context => {
      const found = await result(context, item, delta);
      return { ...NOTHING, ...found, checksums: [delta.checksum(context)], warnings: [] };
    };
  },
};

const NOTHING = { norm: 0, rank: 0, error: 0, energies: new Float64Array() };

function result(context: ItemContext, item: ExtractItem, delta: DeltaRows): Promise<Partial<ExtractReport>> {
  if (!item.form) return normOf(context, delta);
  return item.measured ? energiesOf(delta, context, item.most) : extract(context, item, item.form, delta);
}

async function normOf(context: ItemContext, delta: DeltaRows): Promise<{ readonly norm: number }> {
  let norm = 0;
  await delta.forEach(context, ({ values }) => void (norm += squares(values)));
  return { norm };
}

async function extract(context: ItemContext, item: ExtractItem, form: Form, delta: DeltaRows) {
  const { norm, ...exact } = await factorise(delta, context, item);
  const rank = exact.right.rows;
  if (rank === 0) return { norm, rank, error: norm };
  const factors = rounded(exact, item);
  const error = await errorOf(context, delta, factors);
  for (const [output, { matrix }] of writtenFactors(item.tensor, form, item.shape).entries()) {
    const bytes = bytesOf(matrix(factors).values, item.dtype);
    await context.emit({ type: 'begin', output, codec: 'exact', bytes: bytes.length });
    await context.emit({ type: 'bytes', bytes });
    await context.emit({ type: 'end', output, outcome: WRITTEN });
  }
  return { norm, rank, error };
}

/** The factors with the values that they have in the dtype. @throws UserError where some are out of its range */
function rounded({ left, right }: Factors, { tensor, dtype }: ExtractItem): Factors {
  const round = (values: Float32Array): Float32Array => {
    if (dtype === 'F32') return values;
    const result = toFloats(bytesOf(values, dtype), dtype);
    if (result.every(Number.isFinite)) return result;
    throw new UserError(
      `tensor "${tensor}": its factors are beyond the range of ${dtype}; write them as F32`,
    );
  };
  return { left: { ...left, values: round(left.values) }, right: { ...right, values: round(right.values) } };
}

function bytesOf(values: Float32Array, dtype: FactorDtype): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = dtype === 'F32' ? values : narrowed(values, dtype);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** ‖Δ − left·right‖², in one more pass over the rows. */
async function errorOf(context: ItemContext, delta: DeltaRows, { left, right }: Factors): Promise<number> {
  let error = 0;
  await delta.forEach(context, (block, first) => {
    const values = left.values.subarray(first * left.cols, (first + block.rows) * left.cols);
    const made = product(context.kernels, { rows: block.rows, cols: left.cols, values }, right);
    for (let i = 0; i < made.values.length; i++) error += (block.values[i]! - made.values[i]!) ** 2;
  });
  return error;
}
