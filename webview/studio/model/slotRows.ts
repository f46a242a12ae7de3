/** The table's rows: one tensor of one task vector each, found and sorted by number. */
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import { EXACT } from '../../../extension/shared/allocation/index.ts';
import type { AllocationModel, Spent } from './allocation.ts';

export interface SlotRow {
  readonly slot: number;
  readonly tensor: string;
  readonly task: string;
  readonly shape: readonly number[];
  /** Bits per weight; undefined if stored exactly. */
  readonly bits: number | undefined;
  readonly bytes: number;
  /** ‖τ̂ − τ‖² / ‖τ‖². */
  readonly error: number;
  /** Weighted error at two bits per weight; 1 is the model's mean. */
  readonly sensitivity: number;
  readonly wish: Pick<TensorRule, 'bits' | 'min' | 'max'>;
}

export type SlotColumn = 'tensor' | 'task' | 'shape' | 'bits' | 'bytes' | 'error' | 'sensitivity' | 'wish';

export interface SlotQuery {
  /** Words that must all occur in the tensor's or task's name. */
  readonly search: string;
  readonly sort: SlotColumn;
  readonly descending: boolean;
}

export class SlotRows {
  readonly #model: AllocationModel;
  /** Rank of each name among all: numbers sort faster than names. */
  readonly #nameRank: Uint32Array;

  constructor(model: AllocationModel) {
    this.#model = model;
    const { tensors } = model.table;
    const byName = tensors.map((_, i) => i).sort((a, b) => compareNames(nameAt(a), nameAt(b)));
    function nameAt(tensor: number): string {
      return tensors[tensor]?.name ?? '';
    }
    this.#nameRank = new Uint32Array(tensors.length);
    byName.forEach((tensor, rank) => (this.#nameRank[tensor] = rank));
  }

  /** Slots that match, in order. */
  select({ search, sort, descending }: SlotQuery, spent: Spent, sensitivity: Float64Array): Uint32Array {
    const { slots, tensors, tasks } = this.#model.table;
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found: number[] = [];
    for (let slot = 0; slot < slots.end.length; slot++) {
      const name = `${tensors[slots.tensor[slot] as number]?.name} ${tasks[slots.task[slot] as number]}`;
      if (words.length === 0 || words.every(word => name.toLowerCase().includes(word))) found.push(slot);
    }
    const keys = this.#keys(sort, spent, sensitivity);
    const sign = descending ? -1 : 1;
    const tie = this.#keys('tensor', spent, sensitivity);
    const at = (values: Float64Array, slot: number) => values[slot] as number;
    found.sort((a, b) => sign * (at(keys, a) - at(keys, b)) || at(tie, a) - at(tie, b) || a - b);
    return Uint32Array.from(found);
  }

  row(slot: number, { choices }: Spent, sensitivity: Float64Array): SlotRow {
    const model = this.#model;
    const { slots, tensors, tasks, choices: table } = model.table;
    const tensor = tensors[slots.tensor[slot] as number];
    const choice = choices[slot] as number;
    const energy = slots.energy[slot] as number;
    return {
      slot,
      tensor: tensor?.name ?? '',
      task: tasks[slots.task[slot] as number] ?? '',
      shape: tensor?.shape ?? [],
      bits: choice === EXACT ? undefined : table.bits[choice],
      bytes: model.bytesOf(slot, choice),
      error: energy > 0 ? model.errorOf(choice) / energy : 0,
      sensitivity: sensitivity[slot] as number,
      wish: model.wishes[slot] ?? {},
    };
  }

  #keys(sort: SlotColumn, spent: Spent, sensitivity: Float64Array): Float64Array {
    const model = this.#model;
    const { slots } = model.table;
    const tensorOf = (slot: number) => slots.tensor[slot] as number;
    const bytes = (slot: number) => model.bytesOf(slot, spent.choices[slot] as number);
    const keyOf: Record<SlotColumn, (slot: number) => number> = {
      tensor: slot => (this.#nameRank[tensorOf(slot)] as number) + (slots.task[slot] as number) / 1e6,
      task: slot => slots.task[slot] as number,
      shape: slot => model.elements[slot] as number,
      bits: slot => (8 * bytes(slot)) / (model.elements[slot] as number),
      bytes,
      error: slot =>
        model.errorOf(spent.choices[slot] as number) / ((slots.energy[slot] as number) || Infinity),
      sensitivity: slot => sensitivity[slot] as number,
      wish: slot => wishRank(model.wishes[slot] ?? {}),
    };
    return Float64Array.from({ length: slots.end.length }, (_, slot) => keyOf[sort](slot));
  }
}

const compareNames = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Exact above pins, pins above floors. */
function wishRank({ bits, min = 0 }: SlotRow['wish']): number {
  if (bits === 'exact') return 1000;
  return typeof bits === 'number' ? 100 + bits : min;
}
