/** One tensor of every checkpoint: one tensor's part of a quantize run. */
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { Item } from '../scheduler/item.ts';
import type { Reconstruction } from '../codecs/gain.ts';
import { codecOf, type Coding } from '../codecs/registry.ts';

export interface QuantizeItem extends Item {
  readonly kind: 'quantize';
  /** The base model's tensor; absent for fq, and for a tensor that only a fine-tuned checkpoint has. */
  readonly base: TensorSource | undefined;
  /** For fq: the base model's tensor, of which the file keeps only the checksum. */
  readonly identified: TensorSource | undefined;
  /** Coding of the shared vector's tensor (output 0); undefined if the tensor has none. */
  readonly shared: Coding | undefined;
  readonly tasks: readonly TaskTensor[];
  /** Part of the values of each quantized tensor that become zero first. */
  readonly prune: number;
  /** How entropy-coded tensors are restored. */
  readonly reconstruction: Reconstruction;
  /** What to measure instead of quantizing. */
  readonly analyze: Measuring | undefined;
  /** Whether all of the tensor fits into backend memory, so that it is read once. */
  readonly resident: boolean;
}

export interface TaskTensor {
  /** Number of the vector in the .tvq file. */
  readonly output: number;
  /** undefined: this checkpoint does not have the tensor. */
  readonly source: TensorSource | undefined;
  /** undefined: stored exactly. */
  readonly coding: Coding | undefined;
  /** Whether a budget has yet to choose how many bits the coding gets. */
  readonly open: boolean;
}

/** What the choices of its codec would cost each quantized task tensor: all choices, or steps between two; or only what
 * they would cost the shared vector's tensor. */
export type Measuring = 'all' | 'shared' | MeasuredSteps;

export interface MeasuredSteps {
  /** Output of the one task tensor whose entropy coding is measured. */
  readonly output: number;
  readonly steps: readonly number[];
  /** The coding that the shared vector's tensor got, if there is one. */
  readonly shared: Coding | undefined;
}

export type QuantizedTask = TaskTensor & { readonly source: TensorSource; readonly coding: Coding };
export const isQuantized = (task: TaskTensor): task is QuantizedTask => task.coding !== undefined;

/** Checkpoints' tensors that go through backend memory: the quantized ones, or all if a mean is taken. */
export const inMemory = ({ shared, tasks }: QuantizeItem): readonly TaskTensor[] =>
  shared ? tasks : tasks.filter(isQuantized);

/** Bits of the widest codes while they are in memory. */
export const widestCodes = ({ shared, tasks, analyze }: QuantizeItem): number =>
  Math.max(
    analyze ? 8 : 0,
    ...[shared, ...tasks.map(({ coding }) => coding)].map(coding =>
      coding ? codecOf(coding).codeBits(coding) : 0,
    ),
  );
