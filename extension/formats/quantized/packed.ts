/** Codes of 2 to 8 bits packed in I32 words: GPTQ, AWQ, and compressed-tensors' "pack-quantized". */
import { elementCount } from '../dtype.ts';
import type { RangeSource } from '../tensorSource.ts';
import {
  computed,
  dtypeOf,
  hasShape,
  isScale,
  MAX_COLUMNS,
  moduleOf,
  type QuantizedLayout,
  type Surroundings,
} from './layout.ts';
import type { PackedSource } from './sources.ts';

const WORD = 32;

/** The tensors that GPTQ and AWQ have, as [columns, rows] or [groups, rows], some packed. */
function sidesOf(codes: RangeSource, { find }: Surroundings) {
  const module = moduleOf(codes.name, '.qweight');
  const [zeros, scales] = [find(`${module}.qzeros`), find(`${module}.scales`)];
  if (module === undefined || codes.dtype !== 'I32' || zeros?.dtype !== 'I32' || !scales) return undefined;
  if (!isScale(scales) || [codes, zeros, scales].some(({ shape }) => shape.length !== 2)) return undefined;
  const [groups = 0, rows = 0] = scales.shape;
  const bits = ((zeros.shape[1] ?? 0) * WORD) / rows;
  if (zeros.shape[0] !== groups || groups === 0) return undefined;
  return { module, zeros, scales, groups, rows, bits };
}

/**
 * GPTQ (AutoGPTQ and GPTQModel, qlinear): columns packed from the lowest bits on, value = scale × (code − zero).
 * Version 1 stores each zero less 1, version 2 as it is.
 */
export const gptq: QuantizedLayout = {
  name: 'GPTQ',
  decode(codes, around) {
    const sides = sidesOf(codes, around);
    if (!sides || ![2, 3, 4, 8].includes(sides.bits)) return undefined;
    const { module, zeros, scales, groups, rows, bits } = sides;
    const columns = ((codes.shape[0] ?? 0) * WORD) / bits;
    const groupOf = around.find(`${module}.g_idx`);
    const zero = { gptq: 1, gptq_v2: 0 }[around.config.checkpointFormat ?? ''];
    const isGptq = around.config.method === 'gptq' && zero !== undefined;
    if (!isGptq || codes.shape[1] !== rows || !isMatrix(columns, groups)) return undefined;
    if (groupOf && (groupOf.dtype !== 'I32' || !hasShape(groupOf, columns))) return undefined;
    if (!groupOf && columns % groups !== 0) return undefined;
    const places = undefined;
    const source = computed<PackedSource>(
      {
        kind: 'packed',
        ...{ name: `${module}.weight`, shape: [rows, columns], dtype: dtypeOf(scales, around.config) },
        codes: { words: codes, bits, alongColumn: true, places },
        zeros: { words: zeros, bits, alongColumn: false, places },
        ...{ scales, zero, transposed: true, groupSize: Math.ceil(columns / groups), groupOf },
      },
      codes.file,
    );
    const from = [codes, zeros, scales, ...(groupOf ? [groupOf] : [])].map(({ name }) => name);
    return { source, from };
  },
};

/** Where AWQ's packing puts each of eight columns (AutoAWQ, packing_utils.py: order 0, 2, 4, 6, 1, 3, 5, 7). */
const AWQ_PLACES = [0, 4, 1, 5, 2, 6, 3, 7];

/** AWQ ("gemm"): rows packed, value = scale × (code − zero). */
export const awq: QuantizedLayout = {
  name: 'AWQ',
  decode(codes, around) {
    const sides = sidesOf(codes, around);
    if (sides?.bits !== 4) return undefined;
    const { module, zeros, scales, groups, rows, bits } = sides;
    const [columns = 0, words = 0] = codes.shape;
    const isAwq = words === zeros.shape[1] && around.find(`${module}.g_idx`) === undefined;
    if (!isAwq || !isMatrix(columns, groups) || columns % groups !== 0) return undefined;
    const source = computed<PackedSource>(
      {
        kind: 'packed',
        ...{ name: `${module}.weight`, shape: [rows, columns], dtype: dtypeOf(scales, around.config) },
        codes: { words: codes, bits, alongColumn: false, places: AWQ_PLACES },
        zeros: { words: zeros, bits, alongColumn: false, places: AWQ_PLACES },
        ...{ scales, zero: 0, transposed: true, groupSize: columns / groups, groupOf: undefined },
      },
      codes.file,
    );
    return { source, from: [codes.name, zeros.name, scales.name] };
  },
};

const isMatrix = (columns: number, groups: number): boolean =>
  Number.isInteger(columns) && columns > 0 && columns <= MAX_COLUMNS && groups <= columns;

/**
 * compressed-tensors (compressors/pack_quantized): rows packed from the lowest bits on, with half the range added to
 * make them unsigned; zeros, if any, are packed the same way down the columns.
 */
export const packQuantized: QuantizedLayout = {
  name: 'compressed-tensors packed integers',
  async decode(codes, around) {
    const module = moduleOf(codes.name, '.weight_packed');
    const { find } = around;
    const [scales, stated] = [find(`${module}.weight_scale`), find(`${module}.weight_shape`)];
    if (module === undefined || codes.dtype !== 'I32' || codes.shape.length !== 2) return undefined;
    if (!scales || !stated || !isScale(scales) || scales.shape.length !== 2) return undefined;
    if (find(`${module}.weight_global_scale`)) return undefined;
    const shape = integersOf(stated, await around.readSmall(stated));
    const [rows = 0, columns = 0] = shape ?? [];
    const groups = scales.shape[1] ?? 0;
    const bits = [4, 8, 2].find(size => hasShape(codes, rows, Math.ceil((columns * size) / WORD)));
    if (bits === undefined || scales.shape[0] !== rows || groups === 0 || !isMatrix(columns, groups))
      return undefined;
    const zeros = find(`${module}.weight_zero_point`);
    if (zeros && (zeros.dtype !== 'I32' || !hasShape(zeros, Math.ceil((rows * bits) / WORD), groups)))
      return undefined;
    const groupOf = find(`${module}.weight_g_idx`);
    if (groupOf && (groupOf.dtype !== 'I32' || !hasShape(groupOf, columns))) return undefined;
    if (!groupOf && columns % groups !== 0) return undefined;
    const places = undefined;
    const source = computed<PackedSource>(
      {
        kind: 'packed',
        ...{ name: `${module}.weight`, shape: [rows, columns], dtype: dtypeOf(scales, around.config) },
        codes: { words: codes, bits, alongColumn: false, places },
        zeros: zeros && { words: zeros, bits, alongColumn: true, places },
        ...{ scales, zero: zeros ? 0 : 2 ** (bits - 1), transposed: false },
        ...{ groupSize: Math.ceil(columns / groups), groupOf },
      },
      codes.file,
    );
    const sides = [scales, stated, ...(zeros ? [zeros] : []), ...(groupOf ? [groupOf] : [])];
    return { source, from: [codes.name, ...sides.map(({ name }) => name)] };
  },
};

/** The numbers of a short I64 or I32 tensor. */
function integersOf({ dtype, shape }: RangeSource, bytes: Buffer | undefined): number[] | undefined {
  if (!bytes || !/^I(32|64)$/.test(dtype)) return undefined;
  return Array.from({ length: elementCount(shape) }, (_, i) =>
    dtype === 'I32' ? bytes.readInt32LE(4 * i) : Number(bytes.readBigInt64LE(8 * i)),
  );
}
