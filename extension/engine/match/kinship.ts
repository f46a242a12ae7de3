/** Whether two models belong to one family at all, and what is wrong when they do not: one line per model. */
import type { TensorSource } from '../../formats/tensorSource.ts';
import { isQuantizable } from '../../formats/dtype.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { layersOf } from '../../formats/names/layers.ts';
import { isBuffer } from '../../formats/names/buffers.ts';
import { listed, shapeText } from '../../formats/listed.ts';

type Tensor = Pick<TensorSource, 'shape' | 'bytes' | 'dtype'>;
export type Tensors = ReadonlyMap<string, Tensor>;

/** Share of a model's weights whose names must be in the base for the model to count as fine-tuned from it. */
const HARDLY = 0.5;

/** Share of the common tensors that differ in shape in a model of another width. */
const WIDTH = 0.5;

/**
 * Why a model cannot be fine-tuned from the base, worded to follow the model's name; undefined if names and shapes fit.
 * @param strict whether a different number of layers or width is a reason; otherwise tensors are judged one by one
 */
export function estrangement(model: Tensors, base: Tensors, strict = true): string | undefined {
  const size = strict ? (otherLayers(model, base) ?? otherWidth(model, base)) : undefined;
  return emptied(model, base) ?? strangeNames(model, base) ?? size;
}

const isEmpty = ({ bytes }: Tensor): boolean => bytes === 0;

/** With DeepSpeed ZeRO-3 each process has part of the weights; a state dict saved there has matrices of shape [0]. */
function emptied(model: Tensors, base: Tensors): string | undefined {
  const empty = [...model].filter(([name, tensor]) => {
    const original = base.get(name);
    return original && isEmpty(tensor) && !isEmpty(original);
  });
  const [first] = empty;
  if (!first) return undefined;
  const [name, { shape }] = first;
  return (
    `${listed(empty.map(([one]) => one))} empty: "${name}" is ${shapeText(shape)}, the base has ${shapeText((base.get(name) as Tensor).shape)}; ` +
    'was it saved under DeepSpeed ZeRO-3 without gathering its weights? Consolidate it with zero_to_fp32.py'
  );
}

/** A stack with a smaller share of a model's tensors is a head of a few modules rather than its layers. */
const MOST_OF = 0.25;

/** How many layers each stack has; buffers do not count, as only some versions save them. */
function stacksOf(tensors: Tensors): Map<string, number> {
  const names = [...tensors].flatMap(([name, { shape }]) => (isBuffer(name, shape) ? [] : [name]));
  const stacks = groupBy(layersOf(names).values(), ({ stack }) => stack);
  const long = [...stacks].filter(([, layers]) => layers.length >= MOST_OF * tensors.size);
  return new Map(long.map(([stack, [layer]]) => [stack, layer?.count ?? 0]));
}

function otherLayers(model: Tensors, base: Tensors): string | undefined {
  const inBase = stacksOf(base);
  for (const [stack, layers] of stacksOf(model)) {
    const others = inBase.get(stack);
    if (others === undefined || layers === others) continue;
    return `it has ${layers} layers in ${stack}, the base has ${others}; only models of the same architecture and size can be combined`;
  }
  return undefined;
}

function otherWidth(model: Tensors, base: Tensors): string | undefined {
  const common = [...model].filter(([name]) => base.has(name));
  const other = common.filter(([name, { shape }]) => shape.join() !== base.get(name)?.shape.join());
  const [first] = other;
  if (!first || other.length < Math.max(2, WIDTH * common.length)) return undefined;
  const [name, { shape }] = first;
  return (
    `it has a different width: ${other.length} of the ${common.length} tensors in both differ in shape ` +
    `("${name}" is ${shapeText(shape)}, the base has ${shapeText((base.get(name) as Tensor).shape)}); only models of the same architecture and size can be combined`
  );
}

/** Tensors that some versions and ports fuse and others split; the patterns' first group captures their common place. */
interface Layout {
  readonly what: string;
  readonly how: string;
  readonly fused: RegExp;
  readonly split: RegExp;
}

const LAYOUTS: readonly Layout[] = [
  {
    what: 'experts',
    how: 'stacked in one tensor per layer',
    fused:
      /^(.*?)(\.experts(\.mlp)?\.(gate_up_proj|down_proj|gate_proj|up_proj|w[123]|v1|wi|wo)|(?<=\.block_sparse_moe)\.(input|output)_linear)(\.weight)?$/,
    split: /^(.*?)\.experts\.\d+\./,
  },
  {
    what: 'query, key and value',
    how: 'fused in one tensor',
    fused:
      /^(.*)\.(qkv_proj\.weight|query_key_value\.weight|Wqkv\.weight|W_pack\.weight|c_attn\.weight|qkv\.weight|in_proj_weight)$/,
    split: /^(.*)\.(q_proj|query|to_q|q|wq)\.weight$/,
  },
  {
    what: 'gate and up projections',
    how: 'fused in one tensor',
    fused: /^(.*)\.gate_up_proj\.weight$/,
    split: /^(.*)\.gate_proj\.weight$/,
  },
];

/** Places where a model has a match of the pattern and the other one has not. */
const placesOf = (pattern: RegExp, tensors: Tensors, other: Tensors): Set<string> =>
  new Set([...tensors.keys()].flatMap(name => (other.has(name) ? [] : (pattern.exec(name)?.[1] ?? []))));

/** Whether one model has fused what the other has split, in the same place, or anywhere if names do not match. */
function otherLayout(model: Tensors, base: Tensors, anywhere: boolean): string | undefined {
  const meet = (these: Set<string>, those: Set<string>) =>
    anywhere ? these.size > 0 && those.size > 0 : [...these].some(place => those.has(place));
  const remedy = 'save both in the same layout, with the same version of transformers or by converting one';
  for (const { what, how, fused, split } of LAYOUTS) {
    const [fusedHere, splitHere] = [placesOf(fused, model, base), placesOf(split, model, base)];
    const [fusedThere, splitThere] = [placesOf(fused, base, model), placesOf(split, base, model)];
    if (meet(fusedHere, splitThere)) return `its ${what} are ${how}, those of the base are split; ${remedy}`;
    if (meet(splitHere, fusedThere)) return `its ${what} are split, those of the base are ${how}; ${remedy}`;
  }
  return undefined;
}

function strangeNames(model: Tensors, base: Tensors): string | undefined {
  const weights = [...model].filter(([, { dtype }]) => isQuantizable(dtype));
  const sum = (of: readonly (readonly [string, Tensor])[]) =>
    of.reduce((total, [, { bytes }]) => total + bytes, 0);
  const known = weights.filter(([name]) => base.has(name));
  const isKnown = sum(known) >= HARDLY * sum(weights) && known.length > 0;
  const layout = otherLayout(model, base, !isKnown);
  if (isKnown && layout === undefined) return undefined;
  const unknown = weights.find(([name]) => !base.has(name))?.[0] ?? '';
  const matched = `${known.length} of its ${weights.length} tensor names are in the base ("${unknown}" is not)`;
  return `${matched}; ${layout ?? 'was it fine-tuned from this base?'}`;
}
