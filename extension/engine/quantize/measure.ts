/** Measures what the tensors of a plan cost: everything that a budget can be spent on, and what has no choice. */
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import { orCancelled } from '../../shared/errors.ts';
import { whileUnchanged } from '../../files/fileStamp.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import type { ItemEvent } from '../scheduler/item.ts';
import type { Analysis, Analyzed, Fixed } from './measured.ts';
import { cached } from './analysisCache.ts';
import type { Measuring, QuantizeItem } from './item.ts';
import type { UnfitTensor } from './unfit.ts';
import { firstTask, type QuantizePlan } from './plan.ts';
import type { QuantizeReport } from './quantizeReport.ts';
import { quantizeKind } from './quantizeKind.ts';
import { reportsOnly } from '../scheduler/orderedSink.ts';

/** Measures what a plan's budget can be spent on, or finds it in the folder `cache`. */
export const analyze = (
  plan: QuantizePlan,
  backend: EngineBackend,
  hooks: Hooks,
  cache: string | undefined,
): Promise<Analysis> =>
  cached(cache, plan, () => whileUnchanged(plan.stamps, () => measure(plan, backend, hooks)));

async function measure(plan: QuantizePlan, backend: EngineBackend, hooks: Hooks): Promise<Analysis> {
  const tensors = await measureTensors(plan, backend, hooks);
  const unquantizable = tensors.reduce((sum, { finite, output, tensor }) => {
    const item = finite ? undefined : plan.items.find(one => one.tensor === tensor);
    return sum + (item?.tasks.find(task => task.output === output)?.source?.bytes ?? 0);
  }, 0);
  const fixed = await measureFixed(plan, backend, hooks);
  return { tensors, fixed: { ...fixed, bytes: fixed.bytes + unquantizable } };
}

/** The totals of tensors without a choice, which are all small or stored exactly. */
async function measureFixed(
  { items, share, recipe }: QuantizePlan,
  backend: EngineBackend,
  { signal }: Hooks,
): Promise<Fixed> {
  const fixed = items
    .map(item => ({ ...item, tasks: item.tasks.filter(({ open }) => !open) }))
    .filter(({ tasks }) => tasks.length > 0);
  let bytes = 0;
  const unfit: UnfitTensor[] = [];
  const errors = recipe.tasks.map(() => [0, 0] as [number, number]);
  const sink = {
    accept: async (_: number, event: ItemEvent) => {
      if (event.type === 'begin') bytes += event.bytes;
      if (event.type !== 'end') return;
      const sums = errors[event.output - firstTask(recipe)] as [number, number];
      event.outcome.errors.forEach((value, i) => ((sums[i] as number) += value));
    },
    finished: (number: number, { unfit: found = [] }: QuantizeReport) => {
      const { tensor } = fixed[number] as QuantizeItem;
      unfit.push(...found.map(one => ({ ...one, tensor })));
    },
  };
  const running = backend.runner(share)(quantizeKind, fixed, sink, signal, () => undefined);
  await orCancelled(signal, running);
  return { bytes, errors, unfit };
}

/** Measures what a budget may choose for a plan's tensors: of all of them, or of `only` one. */
export async function measureTensors(
  { items, share }: QuantizePlan,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
  analyze: Measuring = 'all',
  only?: string,
): Promise<Analyzed[]> {
  const measuring = items
    .filter(({ tensor, tasks }) => tasks.some(({ open }) => open) && (only ?? tensor) === tensor)
    .map((item): QuantizeItem => ({ ...item, analyze, tasks: item.tasks.filter(({ open }) => open) }));
  const total = measuring.length;
  const found: Analyzed[][] = [];
  const sink = reportsOnly<QuantizeReport>((number, { analyses = [] }) => {
    const { tensor } = measuring[number] as QuantizeItem;
    found[number] = analyses.map(analysis => ({ ...analysis, tensor }));
  });
  let done = 0;
  const running = backend.runner(share)(quantizeKind, measuring, sink, signal, current => {
    onProgress({ done: ++done, total, current });
  });
  await orCancelled(signal, running);
  return found.flat();
}
