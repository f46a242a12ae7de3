/** Weights of bitsandbytes: NF4 and FP4 (functional.py, QuantState.as_dict; kDequantizeBlockwise), and LLM.int8(). */
import { elementCount } from '../dtype.ts';
import { isObject, parsePythonJson } from '../json/jsonText.ts';
import type { RangeSource } from '../tensorSource.ts';
import { floatDtypeNamed, type FloatDtype } from './floatDtype.ts';
import { computed, dtypeOf, hasShape, type QuantizedLayout, type Surroundings } from './layout.ts';
import type { NestedScales, ScaledSource, TableSource } from './sources.ts';

/** What `quant_state` says of a tensor. */
interface State {
  readonly shape: readonly number[];
  readonly dtype: FloatDtype | undefined;
  readonly blockSize: number;
  readonly nestedBlockSize: number | undefined;
  readonly nestedOffset: number;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function stateOf(text: string): State | undefined {
  const said = parsePythonJson(text);
  if (!isObject(said)) return undefined;
  const { shape, dtype, blocksize, nested_blocksize: nested, nested_offset: offset } = said;
  if (!Array.isArray(shape) || !shape.every(isSize) || !isSize(blocksize)) return undefined;
  return {
    shape,
    dtype: floatDtypeNamed(dtype),
    blockSize: blocksize,
    nestedBlockSize: isSize(nested) ? nested : undefined,
    nestedOffset: typeof offset === 'number' ? offset : 0,
  };
}

/** Values of the codes of NF4 (QLoRA, arXiv 2305.14314, appendix E). */
const NF4 = [
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453],
  ...[-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0],
  ...[0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1],
];
/** Far below the distance of two values, far above float32's rounding. */
const SLACK = 1e-5;

/** Whether a table of F32 values is NF4's: another one under its name says that the file is something else. */
const isNf4 = (table: Buffer): boolean =>
  NF4.every((value, code) => Math.abs(table.readFloatLE(4 * code) - value) < SLACK);

const isFloats = (source: RangeSource | undefined, count: number): source is RangeSource =>
  source?.dtype === 'F32' && elementCount(source.shape) === count;

export const bitsandbytes4: QuantizedLayout = {
  name: 'bitsandbytes 4-bit',
  async decode(codes, around) {
    const { name, dtype, bytes, file } = codes;
    const { find } = around;
    const described = ['nf4', 'fp4'].flatMap(
      type => find(`${name}.quant_state.bitsandbytes__${type}`) ?? [],
    )[0];
    const [scales, table] = [find(`${name}.absmax`), find(`${name}.quant_map`)];
    if (dtype !== 'U8' || !described || !scales || !isFloats(table, 16)) return undefined;
    const text = await around.readSmall(described);
    const state = text && stateOf(text.toString());
    if (!state) return undefined;
    const values = described.name.endsWith('nf4') ? await around.readSmall(table) : undefined;
    if (values && !isNf4(values)) return undefined;
    const { shape, blockSize } = state;
    const count = elementCount(shape);
    const blocks = Math.ceil(count / blockSize);
    if (bytes !== Math.ceil(count / 2) || elementCount(scales.shape) !== blocks) return undefined;
    const nested = scales.dtype === 'U8' ? nestedOf(name, state, blocks, around) : undefined;
    if (!nested && scales.dtype !== 'F32') return undefined;
    const source = computed<TableSource>(
      {
        kind: 'table',
        ...{ name, shape, dtype: state.dtype ?? dtypeOf(undefined, around.config) },
        ...{ codes, table, blockSize, scales, nested },
      },
      file,
    );
    const sides = [described, scales, table, ...(nested ? [nested.table, nested.scales] : [])];
    return { source, from: [name, ...sides.map(side => side.name)] };
  },
};

function nestedOf(
  name: string,
  { nestedBlockSize: blockSize, nestedOffset: offset }: State,
  blocks: number,
  { find }: Surroundings,
): NestedScales | undefined {
  const [table, scales] = [find(`${name}.nested_quant_map`), find(`${name}.nested_absmax`)];
  if (blockSize === undefined || !isFloats(table, 256) || !isFloats(scales, Math.ceil(blocks / blockSize)))
    return undefined;
  return { table, blockSize, scales, offset };
}

/** value = code × SCB of its row × 1/127 (functional.py, int8_vectorwise_dequant). */
export const bitsandbytes8: QuantizedLayout = {
  name: 'bitsandbytes 8-bit',
  async decode(codes, around) {
    const { name, dtype, shape, file } = codes;
    const module = name.replace(/\.weight$/, '');
    const scales = around.find(`${module}.SCB`);
    const format = around.find(`${module}.weight_format`);
    const [rows = 0, columns = 0] = shape;
    if (dtype !== 'I8' || shape.length !== 2 || scales?.dtype !== 'F32' || !hasShape(scales, rows))
      return undefined;
    // 0: row by row; others are tiles for one kind of GPU.
    if (format && (await around.readSmall(format))?.some(byte => byte !== 0) !== false) return undefined;
    const source = computed<ScaledSource>(
      {
        kind: 'scaled',
        ...{ name, shape, dtype: dtypeOf(undefined, around.config), codes },
        ...{ scales, zeros: undefined, block: [1, columns], factor: Math.fround(1 / 127) },
      },
      file,
    );
    return { source, from: [name, scales.name, ...(format ? [format.name] : [])] };
  },
};
