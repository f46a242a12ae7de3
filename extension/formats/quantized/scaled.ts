/**
 * Codes of 8 bits beside their scales: FP8 and INT8 of compressed-tensors, FP8 of vLLM and ModelOpt, DeepSeek's blocks
 * (`weight_scale_inv`, which is multiplied with all the same: inference/kernel.py, weight_dequant), and ComfyUI's
 * `scale_weight` (comfy/ops.py).
 */
import { DTYPE_BITS, elementCount } from '../dtype.ts';
import type { RangeSource } from '../tensorSource.ts';
import { computed, dtypeOf, isScale, moduleOf, type QuantizedLayout, type Surroundings } from './layout.ts';
import { matrixOf, type ScaledSource } from './sources.ts';

const FP8 = /^F8_E(4M3|5M2)(FNUZ)?$/;

/** DeepSeek's, where a config says nothing else. */
const BLOCK = 128;

/** Endings of a scale's name behind that of the codes. */
const SCALES = ['_scale_inv', '_scale'];

/** A tensor of the module whose weights have that name. */
function besideOf({ name }: RangeSource, side: string, { find }: Surroundings): RangeSource | undefined {
  const module = moduleOf(name, 'weight');
  return module === undefined ? undefined : find(module + side);
}

const allScales = (codes: RangeSource, around: Surroundings): RangeSource[] =>
  [...SCALES.map(ending => around.find(codes.name + ending)), besideOf(codes, 'scale_weight', around)].filter(
    found => found !== undefined,
  );

function scalesOf(codes: RangeSource, around: Surroundings): RangeSource | undefined {
  const found = allScales(codes, around);
  // Two would be multiplied, or one belong to something else: not documented.
  return found.length === 1 && isScale(found[0] as RangeSource) ? found[0] : undefined;
}

/** Names of what else would change the values. */
const UNKNOWN_SIDES = ['_scale_2', '_global_scale', '_scales', '_shift', '.absmax'];

const hasUnknownSides = (codes: RangeSource, around: Surroundings): boolean =>
  UNKNOWN_SIDES.some(side => around.find(codes.name + side)) ||
  besideOf(codes, 'scale', around) !== undefined;

/**
 * Rows and columns that share a scale, by the scales' shape: a row or a column, blocks of the config's size or
 * DeepSeek's, or else of equal sizes, as transformers takes them (integrations/finegrained_fp8.py).
 */
function blockOf(
  shape: readonly number[],
  scales: readonly number[],
  config: readonly [number, number] = [BLOCK, BLOCK],
): readonly [number, number] | undefined {
  const { rows, width: columns } = matrixOf(shape);
  const full = scales.length === shape.length - 1 ? [...scales, 1] : scales;
  if (full.length !== shape.length || shape.length < 2) return undefined;
  if (full.slice(0, -2).some((dim, d) => dim !== shape[d])) return undefined;
  const [down = 1, across = 1] = full.slice(-2);
  // Groups of a row have no size in the config.
  const height = sizeOf(rows, down, config[0]);
  const width = sizeOf(columns, across, down === rows ? columns / across : config[1]);
  return height === undefined || width === undefined ? undefined : [height, width];
}

/** Of a block, where `count` of them cover a dimension. */
function sizeOf(dim: number, count: number, size: number): number | undefined {
  if (count === 1) return dim;
  if (count === dim) return 1;
  if (Number.isInteger(size) && Math.ceil(dim / size) === count) return size;
  return count > 0 && dim % count === 0 ? dim / count : undefined;
}

function decode(codes: RangeSource, around: Surroundings) {
  const { name, shape, file } = codes;
  const scales = scalesOf(codes, around);
  if (!scales || hasUnknownSides(codes, around)) return undefined;
  const isOne = elementCount(scales.shape) === 1;
  const block = isOne ? undefined : blockOf(shape, scales.shape, around.config.block);
  const zeros = around.find(`${name}_zero_point`);
  if ((!block && !isOne) || (zeros && (zeros.dtype !== 'I8' || zeros.shape.join() !== scales.shape.join())))
    return undefined;
  const dtype = dtypeOf(scales, around.config);
  const source = computed<ScaledSource>(
    { kind: 'scaled', name, shape, dtype, codes, scales, zeros, block, factor: 1 },
    file,
  );
  return { source, from: [name, scales.name, ...(zeros ? [zeros.name] : [])] };
}

export const scaledFloats: QuantizedLayout = {
  name: 'FP8 with scales',
  decode: (codes, around) => (FP8.test(codes.dtype) ? decode(codes, around) : undefined),
};

/** Of compressed-tensors alone: elsewhere such bytes may be two codes of 4 bits (MXFP4 beside `weight_scale_inv`). */
export const scaledIntegers: QuantizedLayout = {
  name: 'INT8 with scales',
  decode: (codes, around) => {
    const isStated = around.config.method === 'compressed-tensors';
    const scales = around.find(`${codes.name}_scale`);
    if (codes.dtype !== 'I8' || !isStated || !scales || DTYPE_BITS[scales.dtype] === 8) return undefined;
    return decode(codes, around);
  },
};

/** Values of 8 bits that nothing scales. */
export const plainFloats: QuantizedLayout = {
  name: 'FP8',
  decode: (codes, around) => {
    const { name, shape, file, dtype } = codes;
    const { config } = around;
    if (!FP8.test(dtype) || allScales(codes, around).length > 0 || hasUnknownSides(codes, around))
      return undefined;
    // A description beside it, and a name of a method, promise scales.
    if (besideOf(codes, 'comfy_quant', around) || config.method !== undefined) return undefined;
    const source = computed<ScaledSource>(
      {
        kind: 'scaled',
        ...{ name, shape, dtype: dtypeOf(undefined, config), codes },
        ...{ scales: undefined, zeros: undefined, block: undefined, factor: 1 },
      },
      file,
    );
    return { source, from: [name] };
  },
};
