/** An analysis as columns: what the allocator works from, here and in the Studio's page. */
import type { AnalysisTable, SharedTable } from '../../protocol/analysis.ts';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { rulesBytes } from '../../shared/allocation/index.ts';
import { tensorKind } from '../../shared/tensorKind.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { layersOf } from '../../formats/names/layers.ts';
import { plannedBytes } from '../../formats/tvq/header.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import type { Analysis, Analyzed } from './measured.ts';
import type { Reconstruction } from '../codecs/gain.ts';
import { codecOf } from '../codecs/registry.ts';
import type { QuantizeItem } from './item.ts';
import { firstTask, type QuantizePlan } from './plan.ts';
import { scaleOf } from './size.ts';

/** The tensors of task vectors that have choices: one slot each, in this order. */
export const slotsOf = (recipe: QuantizeRecipe, analyses: readonly Analyzed[]): Analyzed[] =>
  analyses.filter(({ output, choices }) => output >= firstTask(recipe) && choices.length > 0);

/** Those of the shared vector. */
export const sharedOf = (recipe: QuantizeRecipe, analyses: readonly Analyzed[]): Analyzed[] =>
  analyses.filter(({ output }) => output < firstTask(recipe));

/** @param plan the plan that the analysis was made for, its codes not yet chosen */
export function tableOf(plan: QuantizePlan, { tensors, fixed }: Analysis): AnalysisTable {
  const { recipe, items } = plan;
  const slots = slotsOf(recipe, tensors);
  const itemOf = new Map(items.map(item => [item.tensor, item]));
  const sourceOf = (slot: Analyzed): TensorSource =>
    (itemOf.get(slot.tensor) as QuantizeItem).tasks.find(({ output }) => output === slot.output)
      ?.source as TensorSource;
  const reconstruction: Reconstruction = recipe.reconstruction ?? 'unbiased';
  const columns = slotColumns(slots, sourceOf, firstTask(recipe), reconstruction);
  const numberOf = new Map(columns.tensors.map(({ name }, i) => [name, i]));
  const shared = sharedOf(recipe, tensors).filter(({ tensor }) => numberOf.has(tensor));
  return {
    tasks: recipe.tasks.map(({ name }) => name),
    ...columns,
    choices: {
      ...columns.choices,
      given:
        shared.length > 0
          ? slots.flatMap(({ choices }) => choices.map(({ given }) => given ?? 0))
          : undefined,
    },
    shared: shared.length > 0 ? sharedTable(shared, numberOf, reconstruction) : undefined,
    ...scaleOf(plan),
    fixedBytes: bytesAround(plan) + fixed.bytes,
    fixedError: fixed.errors.map(([error]) => error),
    fixedEnergy: fixed.errors.map(([, energy]) => energy),
  };
}

/** The table of a shared vector alone, from measurements of it. */
export function sharedVectorTable(
  { items, recipe }: QuantizePlan,
  analyses: readonly Analyzed[],
): AnalysisTable {
  const baseOf = new Map(items.map(({ tensor, base }) => [tensor, base]));
  const found = analyses.filter(({ choices }) => choices.length > 0);
  const sourceOf = ({ tensor }: Analyzed) => baseOf.get(tensor) as TensorSource;
  const weights = found.reduce((sum, { elements }) => sum + elements, 0);
  return {
    tasks: [SHARED_VECTOR],
    ...slotColumns(found, sourceOf, 0, recipe.reconstruction ?? 'unbiased'),
    fixedBytes: 0,
    fixedError: [0],
    fixedEnergy: [0],
    weights,
    fp32Bytes: 4 * weights,
  };
}

/** @param first the vector that is task 0 */
function slotColumns(
  slots: readonly Analyzed[],
  sourceOf: (slot: Analyzed) => TensorSource,
  first: number,
  reconstruction: Reconstruction,
): Pick<AnalysisTable, 'tensors' | 'slots' | 'choices'> {
  const shapeOf = new Map(slots.map(slot => [slot.tensor, sourceOf(slot).shape]));
  const names = [...shapeOf.keys()];
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const layers = layersOf(names);
  let end = 0;
  return {
    tensors: [...shapeOf].map(([name, shape]) => ({
      name,
      shape,
      kind: tensorKind(name),
      layer: layers.get(name),
    })),
    slots: {
      tensor: slots.map(({ tensor }) => numberOf.get(tensor) as number),
      task: slots.map(({ output }) => output - first),
      energy: slots.map(({ energy }) => energy),
      exactBytes: slots.map(slot => sourceOf(slot).bytes),
      end: slots.map(({ choices }) => (end += choices.length)),
    },
    choices: columnsOf(slots, reconstruction),
  };
}

function columnsOf(analyses: readonly Analyzed[], reconstruction: Reconstruction) {
  const choices = analyses.flatMap(one => one.choices);
  return {
    bits: analyses.flatMap(({ elements, choices }) =>
      choices.map(({ coding }) => codecOf(coding).nominalBits(coding, elements)),
    ),
    bytes: choices.map(({ bytes }) => bytes),
    error: choices.map(({ error }) => error[reconstruction]),
  };
}

function sharedTable(
  shared: readonly Analyzed[],
  numberOf: ReadonlyMap<string, number>,
  reconstruction: Reconstruction,
): SharedTable {
  let end = 0;
  return {
    tensor: shared.map(({ tensor }) => numberOf.get(tensor) as number),
    energy: shared.map(({ energy }) => energy),
    end: shared.map(({ choices }) => (end += choices.length)),
    ...columnsOf(shared, reconstruction),
  };
}

/** Bytes of the file besides all payloads; rules are counted elsewhere. */
function bytesAround({ layout, recipe }: QuantizePlan): number {
  const payloads = layout.vectors
    .flatMap(({ records }) => records)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return plannedBytes(layout) - payloads - rulesBytes(recipe.rules);
}
