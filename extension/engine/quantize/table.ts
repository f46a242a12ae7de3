/** An analysis as columns: what the allocator works from, here and in the Studio's page. */
import type { AnalysisTable } from '../../protocol.ts';
import { tensorKind } from '../../shared/tensorKind.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { blockCount, blockOf } from '../merge/layers.ts';
import type { Analyzed } from './allocate.ts';
import { nominalBits, type Reconstruction } from './coding.ts';
import type { QuantizeJob } from './job.ts';
import type { QuantizePlan } from './plan.ts';
import { scaleOf } from './size.ts';

/** The tensors of task vectors that have something to choose: a slot each, in this order. */
export const slotsOf = (analyses: readonly Analyzed[]): Analyzed[] =>
  analyses.filter(({ choices }) => choices.length > 0);

/** @param plan the plan that the analysis was made for, its codes not yet chosen */
export function tableOf(plan: QuantizePlan, analyses: readonly Analyzed[]): AnalysisTable {
  const { recipe, jobs } = plan;
  const slots = slotsOf(analyses);
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
    fixedBytes: fixedBytes(plan, analyses),
  };
}

/** Bytes of the file that no choice changes: what turned out not to be finite is stored exactly. */
function fixedBytes(plan: QuantizePlan, analyses: readonly Analyzed[]): number {
  const exact = analyses.reduce((sum, { finite, task, tensor }) => {
    const source = finite ? undefined : plan.jobs.find(job => job.tensor === tensor)?.tasks[task]?.source;
    return sum + (source?.bytes ?? 0);
  }, 0);
  return scaleOf(plan).fixedBytes + exact;
}
