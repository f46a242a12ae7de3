/**
 * Experts of mixture-of-experts models, which are stored one by one (`experts.3.gate_proj.weight`) or stacked, a tensor
 * for all of a layer (`experts.gate_up_proj`, since transformers 5): a model's in the layout of another one.
 */
import type { Checkpoint } from '../checkpoint.ts';
import { isQuantizable } from '../dtype.ts';
import { join, partOf, type JoinedSource } from '../joinedSource.ts';
import { turned } from '../torch/stridedSource.ts';
import type { TensorSource } from '../tensorSource.ts';
import { bareName } from './alignNames.ts';
import { findSplit, findStacked, type Split, type Stacked } from './expertLayouts.ts';

type Tensors = ReadonlyMap<string, TensorSource>;

export interface AlignedExperts {
  readonly checkpoint: Checkpoint;
  /** What is read as what, in words; undefined if nothing had to change. */
  readonly change: string | undefined;
}

/** A checkpoint with its experts as `reference` has them, wherever their shapes prove which value belongs where. */
export function alignExperts(checkpoint: Checkpoint, reference: Tensors): AlignedExperts {
  const { tensors } = checkpoint;
  const [toSplit, toStacked] = [
    pairsOf(findStacked(tensors), findSplit(reference)).flatMap(([from, to]) =>
      taken(from, to, unstacked(from, to)),
    ),
    pairsOf(findSplit(tensors), findStacked(reference)).flatMap(([from, to]) =>
      taken(from, to, stacked(from, to)),
    ),
  ];
  const all = [...toSplit, ...toStacked];
  const [first] = all;
  if (!first) return { checkpoint, change: undefined };
  const gone = new Set(all.flatMap(({ names }) => names));
  const kept = [...tensors].flatMap(([name, source]) =>
    gone.has(name) ? [] : [renamed(name, source, all, reference)],
  );
  const made = all.flatMap(({ sources }) => sources.map(source => [source.name, source] as const));
  const one = `"${first.names[0]}" as "${first.sources[0]?.name}"`;
  const layers = all.length === 1 ? 'a layer' : `${all.length} layers`;
  const change =
    toSplit.length > 0
      ? `the stacked experts of ${layers} are read one by one (${one} …)`
      : `the experts of ${layers} are read as stacked ones (${one} …)`;
  return { checkpoint: { ...checkpoint, tensors: new Map([...kept, ...made]) }, change };
}

/** Experts of a layer that are read in the other layout. */
interface Taken {
  readonly from: string;
  readonly to: string;
  /** Of the tensors that they are stored in. */
  readonly names: readonly string[];
  readonly sources: readonly TensorSource[];
}

const taken = (
  from: Split | Stacked,
  to: Split | Stacked,
  sources: readonly TensorSource[] | undefined,
): Taken[] => (sources ? [{ from: from.place, to: to.place, names: from.names, sources }] : []);

/** Mixtral's `block_sparse_moe` is `mlp` where its experts are stacked. */
const keyOf = (place: string): string => bareName(place).replace(/(^|\.)block_sparse_moe$/, '$1mlp');

/** Experts of the same layer in both models; none where several places might be meant. */
function pairsOf<A extends Split | Stacked, B extends Split | Stacked>(
  these: readonly A[],
  those: readonly B[],
): (readonly [A, B])[] {
  return these.flatMap(one => {
    const isSame = ({ place }: Split | Stacked) => keyOf(place) === keyOf(one.place);
    const [other, second] = those.filter(isSame);
    return other && !second && these.filter(isSame).length === 1 ? [[one, other] as const] : [];
  });
}

const lastPart = (place: string): string => place.slice(place.lastIndexOf('.') + 1);

/** The router, and what else is beside the experts, where their module has another name. */
function renamed(
  name: string,
  source: TensorSource,
  all: readonly Taken[],
  reference: Tensors,
): readonly [string, TensorSource] {
  const module = all.find(({ from, to }) => lastPart(from) !== lastPart(to) && name.startsWith(`${from}.`));
  const to = module && `${module.to}${name.slice(module.from.length)}`;
  return to === undefined || reference.has(name) || !reference.has(to)
    ? [name, source]
    : [to, { ...source, name: to }];
}

/** Whether the shapes of stacked tensors are those of experts, as they are or turned; undefined: neither. */
function orientation({ gateUp, down }: Stacked, { experts }: Split): 'rows' | 'columns' | undefined {
  const [
    {
      gate: {
        shape: [inner = 0, width = 0],
      },
    },
  ] = experts as readonly [Split['experts'][number]];
  const fits = (...shapes: readonly (readonly number[])[]) =>
    [gateUp, down].every(
      ({ shape }, i) => shape.join() === [experts.length, ...(shapes[i] as number[])].join(),
    );
  // Never both: gates and ups fit either way only where H = 2I, and the others only where H = I.
  if (fits([2 * inner, width], [width, inner])) return 'rows';
  return fits([width, 2 * inner], [inner, width]) ? 'columns' : undefined;
}

/** One by one: matrices cut out of the stacked tensors. */
function unstacked(from: Stacked, to: Split): TensorSource[] | undefined {
  const way = orientation(from, to);
  if (way === undefined) return undefined;
  const sources = to.experts.flatMap(({ gate, up, down }, i) => {
    const half = gate.shape[0] as number;
    const cut = (
      { name, shape }: TensorSource,
      stack: TensorSource,
      first: number,
    ): TensorSource | undefined => {
      const [rows, columns] = shape as [number, number];
      const [all, width] = stack.shape.slice(1) as [number, number];
      if (way === 'rows')
        return join(name, shape, [partOf(stack, (i * all + first) * width, rows * columns)]);
      return turned(stack, name, { first: i * all * width + first, shape, strides: [1, width] });
    };
    return [cut(gate, from.gateUp, 0), cut(up, from.gateUp, half), cut(down, from.down, 0)];
  });
  return complete(sources);
}

/** Stacked: the matrices one after the other, or turned and side by side. */
function stacked(from: Split, to: Stacked): TensorSource[] | undefined {
  const way = orientation(to, from);
  if (way === undefined) return undefined;
  const matrix = (source: TensorSource): TensorSource | undefined => {
    const [rows, columns] = source.shape as [number, number];
    const shape = [columns, rows];
    return way === 'rows' ? source : turned(source, source.name, { first: 0, shape, strides: [1, columns] });
  };
  const gateUp = complete(
    from.experts.flatMap(({ gate, up }) => {
      const both = complete([matrix(gate), matrix(up)]);
      if (!both || way === 'rows') return both ?? [undefined];
      return [sideBySide(both)];
    }),
  );
  const down = complete(from.experts.map(expert => matrix(expert.down)));
  if (!gateUp || !down) return undefined;
  const all = ({ name, shape }: TensorSource, sources: readonly TensorSource[]): JoinedSource =>
    join(
      name,
      shape,
      sources.map(source => partOf(source)),
    );
  return [all(to.gateUp, gateUp), all(to.down, down)];
}

/** Matrices of the same number of rows as one: a row of each in turn. */
function sideBySide(matrices: readonly TensorSource[]): JoinedSource {
  const widths = matrices.map(({ shape }) => shape[1] as number);
  const [{ name, shape }] = matrices as readonly [TensorSource];
  const whole = [shape[0] as number, widths.reduce((sum, width) => sum + width)];
  return join(
    name,
    whole,
    matrices.map((source, i) => ({ source, first: 0, run: widths[i] as number, step: widths[i] as number })),
  );
}

/** Nothing at all unless every source can be made. */
const complete = (sources: readonly (TensorSource | undefined)[]): TensorSource[] | undefined =>
  sources.every(source => source !== undefined && isQuantizable(source.dtype))
    ? (sources as TensorSource[])
    : undefined;
