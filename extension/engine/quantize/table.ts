/** An analysis as columns: what the allocator works from, here and in the Studio's page. */
import type { AnalysisTable } from '../../protocol.ts';
import { rulesBytes } from '../../shared/allocation/index.ts';
import { tensorKind } from '../../shared/tensorKind.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { blockCount, blockOf } from '../merge/layers.ts';
import { plannedBytes } from '../tvq/header.ts';
import type { Analysis, Analyzed } from './allocate.ts';
import { nominalBits, type Reconstruction } from './coding.ts';
import type { QuantizeJob } from './job.ts';
import type { QuantizePlan } from './plan.ts';
import { scaleOf } from './size.ts';

/** The tensors of task vectors that have something to choose: a slot each, in this order. */
export const slotsOf = (analyses: readonly Analyzed[]): Analyzed[] =>
  analyses.filter(({ choices }) => choices.length > 0);

/** @param plan the plan that the analysis was made for, its codes not yet chosen */
export function tableOf(plan: QuantizePlan, { tensors, fixed }: Analysis): AnalysisTable {
  const { recipe, jobs } = plan;
  const slots = slotsOf(tensors);
  const jobOf = new Map(jobs.map(job => [job.tensor, job]));
  const sourceOf = ({ tensor, task }: Analyzed): TensorSource =>
    (jobOf.get(tensor) as QuantizeJob).tasks.find(({ output }) => output === task)?.source as TensorSource;
  const names = [...new Set(slots.map(({ tensor }) => tensor))];
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const shapeOf = new Map(slots.map(slot => [slot.tensor, sourceOf(slot).shape]));
  const reconstruction: Reconstruction = recipe.reconstruction ?? 'unbiased';
  const choices = slots.flatMap(slot => slot.choices);
  let end = 0;
  return {
    tasks: recipe.tasks.map(({ name }) => name),
    tensors: names.map(name => ({
      name,
      shape: shapeOf.get(name) as readonly number[],
      kind: tensorKind(name),
      layer: blockOf(name),
    })),
    layers: blockCount(names),
    slots: {
      tensor: slots.map(({ tensor }) => numberOf.get(tensor) as number),
      task: slots.map(({ task }) => task),
      energy: slots.map(({ energy }) => energy),
      exactBytes: slots.map(slot => sourceOf(slot).bytes),
      end: slots.map(slot => (end += slot.choices.length)),
    },
    choices: {
      bits: slots.flatMap(({ elements, choices }) =>
        choices.map(({ coding }) => nominalBits(coding, elements)),
      ),
      bytes: choices.map(({ bytes }) => bytes),
      error: choices.map(({ error }) => error[reconstruction]),
    },
    ...scaleOf(plan),
    fixedBytes: bytesAround(plan) + fixed.bytes,
    fixedError: fixed.errors.map(([error]) => error),
    fixedEnergy: fixed.errors.map(([, energy]) => energy),
  };
}

/** Bytes of the file beside all payloads; rules are counted where they are made. */
function bytesAround({ layout, recipe }: QuantizePlan): number {
  const payloads = layout.vectors
    .flatMap(({ records }) => records)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return plannedBytes(layout) - payloads - rulesBytes(recipe.rules);
}
