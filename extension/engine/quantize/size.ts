/** How large a planned file is, and what relative budgets refer to. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { budgetBytes, parseBudget, type BudgetScale } from '../../shared/allocation/index.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount } from '../../formats/dtype.ts';
import { plannedBytes, type RoomyLayout } from '../../formats/tvq/header.ts';
import { codecOf } from '../codecs/registry.ts';
import type { QuantizeItem, TaskTensor } from './item.ts';

/** The part of a plan that determines sizes. */
export interface Planned {
  readonly layout: RoomyLayout;
  readonly items: readonly QuantizeItem[];
}

export function scaleOf({ layout, items }: Planned): BudgetScale {
  let [weights, all, open] = [0, 0, 0];
  for (const { source, coding, open: unspent } of items.flatMap(({ tasks }) => tasks).filter(hasSource)) {
    const elements = elementCount(source.shape);
    all += elements;
    if (!coding) continue;
    weights += elements;
    if (unspent) open += codecOf(coding).bytes(coding, elements);
  }
  for (const { shared, base, tasks } of items) {
    if (shared && base && tasks.some(task => task.open))
      open += codecOf(shared).bytes(shared, elementCount(base.shape));
  }
  return { weights, fp32Bytes: 4 * all, fixedBytes: plannedBytes(layout) - open };
}

const hasSource = (task: TaskTensor): task is TaskTensor & { readonly source: TensorSource } =>
  task.source !== undefined;

/** Maximum bytes of the file, and whether that is meaningful. */
export interface PlannedSize {
  readonly bytes: number;
  /** Under an error budget the size is known only after measuring. */
  readonly known: boolean;
}

/** @param open whether there is a budget that is still to be spent */
export function plannedSize({ budget }: QuantizeRecipe, planned: Planned, open: boolean): PlannedSize {
  const bytes = plannedBytes(planned.layout);
  if (budget === undefined || !open) return { bytes, known: true };
  const parsed = parseBudget(budget);
  if (parsed.kind === 'error') return { bytes, known: false };
  return { bytes: Math.min(bytes, budgetBytes(parsed, scaleOf(planned))), known: true };
}
