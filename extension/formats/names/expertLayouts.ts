/** How a model stores the experts of its layers, by names and shapes. */
import { groupBy } from '../../shared/groupBy.ts';
import type { TensorSource } from '../tensorSource.ts';

type Tensors = ReadonlyMap<string, TensorSource>;

/** The three matrices of an expert: gate and up [I, H], down [H, I]. */
export interface Expert {
  readonly gate: TensorSource;
  readonly up: TensorSource;
  readonly down: TensorSource;
}

/** Experts of a layer that have a tensor for each matrix. */
export interface Split {
  /** The module that they are in: what is before `.experts` in their names. */
  readonly place: string;
  readonly names: readonly string[];
  /** By number. */
  readonly experts: readonly Expert[];
}

/**
 * Experts of a layer in two tensors, gates before ups: [E, 2I, H] and [E, H, I] in most models, turned, [E, H, 2I] and
 * [E, I, H], in Llama 4's and Qwen3-VL's.
 */
export interface Stacked {
  readonly place: string;
  readonly names: readonly string[];
  readonly gateUp: TensorSource;
  readonly down: TensorSource;
}

/** What the matrices of an expert are called: by Qwen, DeepSeek, OLMoE and others; by Mixtral. */
const NAMES: Readonly<Record<string, keyof Expert>> = {
  gate_proj: 'gate',
  up_proj: 'up',
  down_proj: 'down',
  w1: 'gate',
  w3: 'up',
  w2: 'down',
};
const SPLIT = /^(.*)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w[123])\.weight$/;

/** Layers whose experts all have their three matrices, in the same shapes. */
export function findSplit(tensors: Tensors): Split[] {
  const found = [...tensors.values()].flatMap(source => {
    const [, place, number, matrix] = SPLIT.exec(source.name) ?? [];
    const role = NAMES[matrix ?? ''];
    return place === undefined || role === undefined ? [] : [{ place, number: Number(number), role, source }];
  });
  return [...groupBy(found, ({ place }) => place)].flatMap(([place, all]) => {
    const experts: Partial<Expert>[] = [];
    for (const { number, role, source } of all)
      if (number < all.length) experts[number] = { ...experts[number], [role]: source };
    if (all.length !== 3 * experts.length || !experts.every(isWhole) || !areAlike(experts)) return [];
    return [{ place, names: all.map(({ source }) => source.name), experts }];
  });
}

const isWhole = (expert: Partial<Expert> | undefined): expert is Expert =>
  expert?.gate !== undefined && expert.up !== undefined && expert.down !== undefined;

function areAlike(experts: readonly Expert[]): boolean {
  const [first] = experts;
  const { shape = [] } = first?.gate ?? {};
  return experts.every(
    ({ gate, up, down }) =>
      shape.length === 2 &&
      [gate, up].every(matrix => matrix.shape.join() === shape.join()) &&
      down.shape.join() === [...shape].reverse().join(),
  );
}

const STACKED = /^(.*)\.experts\.gate_up_proj$/;

/** Layers of stacked experts; gpt-oss's, which have biases, have gates and ups by turns and are none of these. */
export const findStacked = (tensors: Tensors): Stacked[] =>
  [...tensors.values()].flatMap(gateUp => {
    const [, place] = STACKED.exec(gateUp.name) ?? [];
    const down = tensors.get(`${place}.experts.down_proj`);
    if (place === undefined || !down || tensors.has(`${gateUp.name}_bias`)) return [];
    return [{ place, names: [gateUp.name, down.name], gateUp, down }];
  });
