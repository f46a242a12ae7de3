/** Values of the grid's cells, and totals of the groups of bars. */
import type { Spent, AllocationModel } from './allocation.ts';
import type { Grid } from './grid.ts';

/** One number per cell, row by row; NaN where there is no tensor. */
export interface CellValues {
  readonly values: Float64Array;
  readonly columns: number;
}

/** Slots by tensor, for one task or (undefined) all of them. */
export function slotsByTensor({ table }: AllocationModel, task: number | undefined): readonly number[][] {
  const lists: number[][] = table.tensors.map(() => []);
  for (let slot = 0; slot < table.slots.end.length; slot++) {
    if (task !== undefined && table.slots.task[slot] !== task) continue;
    lists[table.slots.tensor[slot] as number]?.push(slot);
  }
  return lists;
}

/** Ratio of two sums over the slots of each cell. */
function ratios(
  { roles, layers }: Grid,
  slots: readonly (readonly number[])[],
  above: (slot: number) => number,
  below: (slot: number) => number,
): CellValues {
  const columns = layers.length;
  const values = new Float64Array(roles.length * columns).fill(NaN);
  for (const [row, { tensors }] of roles.entries()) {
    for (let column = 0; column < columns; column++) {
      let [sum, whole] = [0, 0];
      for (const slot of slots[tensors[column] as number] ?? []) {
        sum += above(slot);
        whole += below(slot);
      }
      if (whole > 0) values[row * columns + column] = sum / whole;
    }
  }
  return { values, columns };
}

/** Bits per weight spent. */
export const bitsByCell = (
  model: AllocationModel,
  grid: Grid,
  slots: readonly (readonly number[])[],
  { choices }: Spent,
): CellValues =>
  ratios(
    grid,
    slots,
    slot => 8 * model.bytesOf(slot, choices[slot] as number),
    slot => model.elements[slot] as number,
  );

/** The rate at which all tensors are compared: two bits per weight, where too few bits begin to hurt. */
const COMPARED_BITS = 2;

/** The weighted error per weight of each slot at two bits per weight; 1 is the model's mean. */
export function relativeSensitivity({ table, weights, elements }: AllocationModel): Float64Array {
  const { slots, choices } = table;
  const count = slots.end.length;
  const errors = new Float64Array(count);
  let [sum, whole] = [0, 0];
  for (let slot = 0; slot < count; slot++) {
    const [first, end] = [slot === 0 ? 0 : (slots.end[slot - 1] as number), slots.end[slot] as number];
    let at = first;
    while (at < end - 1 && (choices.bits[at] as number) > COMPARED_BITS) at++;
    errors[slot] = (weights[slot] as number) * (choices.error[at] as number);
    sum += errors[slot] as number;
    whole += elements[slot] as number;
  }
  const mean = sum / whole || 1;
  return errors.map((error, slot) => error / mean / (elements[slot] as number));
}

/** As `relativeSensitivity`, by cell. */
export const sensitivityByCell = (
  { elements }: AllocationModel,
  grid: Grid,
  slots: readonly (readonly number[])[],
  sensitivity: Float64Array,
): CellValues =>
  ratios(
    grid,
    slots,
    slot => (sensitivity[slot] as number) * (elements[slot] as number),
    slot => elements[slot] as number,
  );

/** Totals of a group of slots. */
export interface GroupTotals {
  readonly name: string;
  readonly bytes: number;
  readonly elements: number;
  /** Per weight; 1 is the model's mean. */
  readonly sensitivity: number;
}

/** Totals by the name that `nameOf` gives a tensor, in order of first occurrence. */
export function totalsBy(
  model: AllocationModel,
  slots: readonly (readonly number[])[],
  { choices }: Pick<Spent, 'choices'>,
  sensitivity: Float64Array,
  nameOf: (tensor: number) => string,
): GroupTotals[] {
  const groups = new Map<string, { bytes: number; elements: number; sensitivity: number }>();
  for (const [tensor, list] of slots.entries()) {
    const name = nameOf(tensor);
    const group = groups.get(name) ?? { bytes: 0, elements: 0, sensitivity: 0 };
    groups.set(name, group);
    for (const slot of list) {
      const elements = model.elements[slot] as number;
      group.bytes += model.bytesOf(slot, choices[slot] as number);
      group.elements += elements;
      group.sensitivity += elements * (sensitivity[slot] as number);
    }
  }
  return [...groups].map(([name, { bytes, elements, sensitivity: total }]) => ({
    name,
    bytes,
    elements,
    sensitivity: elements > 0 ? total / elements : 0,
  }));
}
