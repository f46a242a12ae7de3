/** Passes over a tensor that write nothing: what a method must know before it merges. */
import { elementCount } from '../../../formats/dtype.ts';
import { combineLinear, combineSelective } from '../math/combine.ts';
import type { MergeFindings, MergeMeasure } from './mergeItem.ts';
import { readFloats } from '../../tensors/floats.ts';
import { dtypeOf } from '../../tensors/inputTensor.ts';
import type { Passes, Thinning } from './passes.ts';
import { methodNamed } from '../methods/registry.ts';
import { LongestLines, roundingNoise } from '../math/rounding.ts';
import { narrow, NOTHING, type Selection } from '../math/sparsify.ts';

/** Measures a tensor's part of what must be known about the whole model. */
export async function measureModel(passes: Passes, measure: MergeMeasure): Promise<MergeFindings> {
  switch (measure.kind) {
    case 'histogram':
      return { histograms: await histograms(passes, measure.level, measure.prefixes) };
    case 'signs':
      return { signs: await signs(passes) };
    case 'emr':
      return { emr: await unifiedSums(passes) };
  }
}

/** How many sums of trimmed task vectors are above and below zero. */
async function signs(passes: Passes) {
  const { context, memory, weights } = passes;
  let [positive, negative] = [0, 0];
  await passes.windows(async (window, span) => {
    await passes.thin(window, span, { thresholds: modelThresholds(passes) ?? [], dropScales: [] });
    await combineLinear(context.backend, memory.xs, weights, memory.a, window.count);
    const counts = await context.backend.signCounts(memory.a, window.count);
    positive += counts.positive;
    negative += counts.negative;
  });
  return { positive, negative };
}

/** EMR: Σ|τ| and Σ|masked unified vector|, by input. */
async function unifiedSums(passes: Passes) {
  const { item, memory, weights } = passes;
  const { backend } = passes.context;
  const { xs, merged, b } = memory;
  const sums = xs.map(() => ({ own: 0, unified: 0 }));
  await passes.windows(async ({ count }) => {
    await combineSelective(backend, item, memory, weights, count);
    for (const [i, x] of xs.entries()) {
      await backend.maskBySign(x, merged, b, count);
      const { own, unified } = sums[i] as { own: number; unified: number };
      sums[i] = {
        own: await backend.absSum(x, count, own),
        unified: await backend.absSum(b, count, unified),
      };
    }
  });
  return sums;
}

/** Histograms of one radix level over the tensor, by input and prefix. */
async function histograms(
  passes: Passes,
  level: 0 | 1 | 2,
  prefixes: readonly (readonly number[])[],
): Promise<Uint32Array[][]> {
  const { context, memory } = passes;
  const sums: Uint32Array[][] = memory.xs.map(() => []);
  await passes.windows(async ({ count }) => {
    for (const [i, x] of memory.xs.entries()) {
      const ofInput = sums[i] as Uint32Array[];
      for (const [j, prefix] of (prefixes[i] ?? []).entries()) {
        const found = await context.backend.magnitudeHistogram(x, level, prefix, count);
        ofInput[j] = ofInput[j]?.map((value, bin) => value + (found[bin] as number)) ?? found;
      }
    }
  });
  return sums;
}

/** The thresholds and factors for thinning out this tensor's task vectors. */
export async function thinningOf(passes: Passes): Promise<Thinning> {
  const { way } = passes.item;
  const sparsify = way.kind === 'selective' ? way.sparsify : 'none';
  const drops = sparsify === 'drop' || sparsify === 'rankDrop';
  return {
    thresholds: sparsify === 'trim' ? (modelThresholds(passes) ?? (await tensorThresholds(passes))) : [],
    dropScales: drops ? await dropScales(passes) : [],
  };
}

/** Thresholds of a trim over the whole model, where that was measured. */
const modelThresholds = ({ item: { way } }: Passes): readonly number[] | undefined =>
  way.kind === 'selective' ? way.thresholds : undefined;

/** Thresholds of a trim within this tensor: the smallest of the density·n largest magnitudes. */
async function tensorThresholds(passes: Passes): Promise<number[]> {
  const count = elementCount(passes.item.shape);
  const densities = passes.item.inputValues.map(({ density }) => Number(density));
  let selections: Selection[] = densities.map(density => ({
    prefix: 0,
    rank: Math.min(count - 1, count - Math.max(1, Math.floor(density * count))),
  }));
  for (const level of [0, 1, 2] as const) {
    const prefixes = selections.map(({ prefix }) => [prefix]);
    const found = await histograms(passes, level, prefixes);
    selections = selections.map((selection, i) => narrow(selection, level, found[i]?.[0] as Uint32Array));
  }
  return selections.map(({ prefix }, i) => (densities[i] === 0 ? NOTHING : prefix));
}

/** What a random drop multiplies by: 1 / density, or what keeps the sum of magnitudes. */
async function dropScales(passes: Passes): Promise<number[]> {
  const { item, context, memory } = passes;
  if (item.values.rescale !== 'l1')
    return item.inputValues.map(({ density }) =>
      item.values.rescale === 'density' && density !== 0 ? 1 / Number(density) : 1,
    );
  const sums = item.inputs.map(() => ({ all: 0, kept: 0 }));
  const add = async (key: 'all' | 'kept', count: number) => {
    for (const [i, x] of memory.xs.entries()) {
      const sum = sums[i] as { all: number; kept: number };
      sum[key] = await context.backend.absSum(x, count, sum[key]);
    }
  };
  const unscaled: Thinning = { thresholds: [], dropScales: [] };
  await passes.windows(async (window, span) => {
    await add('all', window.count);
    await passes.thin(window, span, unscaled);
    await add('kept', window.count);
  });
  return sums.map(({ all, kept }) => (kept > 0 ? all / kept : 1));
}

/** Coefficients of a sum; undefined if the method is not a sum. Some need a pass for the inner products first. */
export async function coefficientsOf(passes: Passes): Promise<readonly number[] | undefined> {
  const { item } = passes;
  if (item.way.kind === 'fixed') return item.way.coefficients;
  if (item.way.kind !== 'gram') return undefined;
  const { way } = methodNamed(item.way.method);
  if (way.kind !== 'linear') throw new Error(`${item.way.method} is not a linear method`);
  return way.coefficients({
    values: item.values,
    inputs: item.inputValues,
    gram: await innerProducts(passes),
  });
}

/** ⟨xᵢ, xⱼ⟩ of all inputs. */
async function innerProducts(passes: Passes): Promise<number[][]> {
  const { xs } = passes.memory;
  const gram = xs.map(() => xs.map(() => 0));
  await passes.windows(async ({ count }) => {
    for (const [i, x] of xs.entries()) {
      for (const [j, y] of xs.slice(0, i + 1).entries()) {
        const { xy } = await passes.context.backend.products(x, y, count);
        const sum = ((gram[i] as number[])[j] as number) + xy;
        (gram[i] as number[])[j] = (gram[j] as number[])[i] = sum;
      }
    }
  });
  return gram;
}

/** The result of a method on whole tensors. */
export interface WholeTensor {
  readonly values: Float32Array;
  /** By input: how many values the method did not drop; undefined where it drops none. */
  readonly kept: readonly number[] | undefined;
}

/** The merged tensor of a method on whole tensors, in plain arrays; undefined for other methods. */
export async function wholeTensor(passes: Passes): Promise<WholeTensor | undefined> {
  const { item, context, memory } = passes;
  if (item.way.kind !== 'values') return undefined;
  const { way } = methodNamed(item.way.method);
  if (way.kind !== 'values') throw new Error(`${item.way.method} is not a method on whole tensors`);
  const count = elementCount(item.shape);
  const xs = item.inputs.map(() => new Float32Array(count));
  const [rows = 0, columns = 0] = item.shape;
  const lines = way.noise && item.shape.length === 2 ? new LongestLines(rows, columns) : undefined;
  await passes.windows(async (window, span) => {
    const at = span.first + window.first;
    for (const [i, x] of memory.xs.entries())
      xs[i]?.set(await readFloats(context.backend, x, window.count), at);
    const base = lines && (await readFloats(context.backend, await passes.decodeBase(window), window.count));
    if (base) lines.add(base.subarray(window.skip), at + window.skip);
  });
  const noise = item.inputs.map(input => (lines ? roundingNoise(dtypeOf(input), lines.sum) : 0));
  const values = way.merge({ shape: item.shape, xs, values: item.values, inputs: item.inputValues, noise });
  return { values, kept: way.drops ? xs.map(nonZero) : undefined };
}

const nonZero = (x: Float32Array): number => x.reduce((count, value) => (value === 0 ? count : count + 1), 0);
