/** Replaces codes and what scales them by the weights that they stand for; what no layout knows stays as it is. */
import { dirname } from 'node:path';
import { elementCount } from '../dtype.ts';
import { FilePool } from '../filePool.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { listed } from '../../shared/listed.ts';
import { inParallel } from '../../shared/parallel.ts';
import { isRange, type RangeSource, type TensorSource } from '../tensorSource.ts';
import { finder, MAX_SMALL_BYTES, type DecodedWeights, type Surroundings } from './layout.ts';
import { readQuantizationConfig } from './quantizationConfig.ts';
import { mayBeCodes } from './mayBeCodes.ts';
import { QUANTIZED_LAYOUTS } from './registry.ts';

type Tensors = ReadonlyMap<string, TensorSource>;

export interface Decoded {
  readonly tensors: Tensors;
  /** What is decoded and left out, one line for each layout. */
  readonly notes: readonly string[];
}

/** Scales of what is multiplied with the weights, and marks of a layout: one number each, no weights. */
const NOT_WEIGHTS =
  /(^|[._])(([kvq]|kv|prob_output|input|output|activation|input_global)_scale(_inv)?|scale_(input|output)|input_zero_point)$/;
const MARKS = /(^|\.)(scaled_fp8|comfy_quant)$/;

/** @param path of the checkpoint, for notes */
export async function decodeQuantized(path: string, tensors: Tensors): Promise<Decoded> {
  const [first] = tensors.values();
  if (!first) return { tensors, notes: [] };
  const files = new FilePool();
  try {
    const around: Surroundings = {
      find: finder(tensors),
      config: await readQuantizationConfig(dirname(first.file)),
      readSmall: source => readSmall(files, source),
    };
    return replaced(path, tensors, await decodeAll(tensors, around));
  } finally {
    await files.close();
  }
}

async function readSmall(files: FilePool, { file, offset, bytes }: RangeSource): Promise<Buffer | undefined> {
  if (bytes > MAX_SMALL_BYTES) return undefined;
  const content = Buffer.alloc(bytes);
  await files.read(file, content, offset);
  return content;
}

/** Tensors whose descriptions are read at once. */
const TENSORS_AT_ONCE = 16;

/** By the name of the codes. */
type ByCodes = ReadonlyMap<string, DecodedWeights & { readonly layout: string }>;

async function decodeAll(tensors: Tensors, around: Surroundings): Promise<ByCodes> {
  const candidates = [...tensors.values()]
    .filter(isRange)
    .filter(tensor => mayBeCodes(tensor) && !isBeside(tensor));
  const decoded = await inParallel(candidates, TENSORS_AT_ONCE, async codes => {
    for (const { name: layout, decode } of QUANTIZED_LAYOUTS) {
      const weights = await decode(codes, around);
      if (!weights) continue;
      return [[codes.name, { ...weights, layout }] as const];
    }
    return [];
  });
  // Codes of weights that are there already, or twice, are left for what refuses codes.
  const named = groupBy(decoded.flat(), ([, { source }]) => source.name);
  return new Map(
    [...named].flatMap(([name, all]) => {
      const [only, second] = all;
      return only && !second && (name === only[0] || !tensors.has(name)) ? [only] : [];
    }),
  );
}

function replaced(path: string, tensors: Tensors, decoded: ByCodes): Decoded {
  if (decoded.size === 0) return { tensors, notes: [] };
  const used = new Set([...decoded.values()].flatMap(({ from }) => from));
  const result = new Map<string, TensorSource>();
  let dropped = 0;
  for (const [name, tensor] of tensors) {
    const weights = decoded.get(name);
    if (weights) result.set(weights.source.name, weights.source);
    else if (used.has(name)) continue;
    else if (isBeside(tensor)) dropped++;
    else result.set(name, tensor);
  }
  return { tensors: result, notes: notesOf(path, [...decoded.values()], dropped) };
}

const isBeside = ({ name, shape }: TensorSource): boolean =>
  MARKS.test(name) || (NOT_WEIGHTS.test(name) && elementCount(shape) === 1);

function notesOf(
  path: string,
  decoded: readonly (DecodedWeights & { readonly layout: string })[],
  dropped: number,
): string[] {
  const layouts = [...new Set(decoded.map(({ layout }) => layout))];
  const left = dropped === 0 ? '' : `; ${dropped} scales of activations and marks are left out`;
  return layouts.map((layout, i) => {
    const weights = decoded.filter(each => each.layout === layout);
    const dtypes = [...new Set(weights.map(({ source }) => source.dtype))];
    const [count, verb] = weights.length === 1 ? ['1 tensor', 'is'] : [`${weights.length} tensors`, 'are'];
    return `${path}: ${count} ${verb} stored as ${layout}, read as ${listed(dtypes)}${i === 0 ? left : ''}`;
  });
}
