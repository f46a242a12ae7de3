/**
 * How GGUF stores values: in blocks of codes that share scales. Numbers, sizes and names are those of ggml's
 * `ggml_type` and its block structs (ggml.h, ggml-common.h).
 */
import type { Dtype } from '../dtype.ts';

export interface GgufType {
  readonly name: string;
  /** Values of a block, all in one row. */
  readonly values: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** What its values are read as: themselves, or F32, which `dequantize` of the gguf package gives too. */
  readonly dtype: Dtype;
}

const plain = (dtype: Dtype, bytes: number): GgufType => ({ name: dtype, values: 1, bytes, dtype });
const blocks = (name: string, values: number, bytes: number): GgufType => ({
  name,
  values,
  bytes,
  dtype: 'F32',
});

/** Values of a K-quant's block. */
const K_VALUES = 256;

/** By number in the file. */
const TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, plain('F32', 4)],
  [1, plain('F16', 2)],
  [2, blocks('Q4_0', 32, 18)],
  [3, blocks('Q4_1', 32, 20)],
  [6, blocks('Q5_0', 32, 22)],
  [7, blocks('Q5_1', 32, 24)],
  [8, blocks('Q8_0', 32, 34)],
  [10, blocks('Q2_K', K_VALUES, 84)],
  [11, blocks('Q3_K', K_VALUES, 110)],
  [12, blocks('Q4_K', K_VALUES, 144)],
  [13, blocks('Q5_K', K_VALUES, 176)],
  [14, blocks('Q6_K', K_VALUES, 210)],
  [20, blocks('IQ4_NL', 32, 18)],
  [24, plain('I8', 1)],
  [25, plain('I16', 2)],
  [26, plain('I32', 4)],
  [27, plain('I64', 8)],
  [28, plain('F64', 8)],
  [30, plain('BF16', 2)],
]);

/** Types that are not read, to name them. */
const OTHERS: Readonly<Record<number, string>> = {
  4: 'Q4_2',
  5: 'Q4_3',
  9: 'Q8_1',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  29: 'IQ1_M',
  31: 'Q4_0_4_4',
  32: 'Q4_0_4_8',
  33: 'Q4_0_8_8',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

export const ggufType = (number: number): GgufType | undefined => TYPES.get(number);

/** The number of a type by its name. @throws RangeError for one that is not known */
export function ggufTypeNumber(name: string): number {
  for (const [number, type] of TYPES) if (type.name === name) return number;
  throw new RangeError(`GGUF has no type ${name}`);
}

/** Its name, or its number if it has none. */
export const ggufTypeName = (number: number): string =>
  TYPES.get(number)?.name ?? OTHERS[number] ?? `number ${number}`;

/** "F32, F16, …", the types of floats. */
export const READABLE_TYPES = [...TYPES.values()]
  .filter(({ dtype }) => /^B?F/.test(dtype))
  .map(({ name }) => name)
  .join(', ');
