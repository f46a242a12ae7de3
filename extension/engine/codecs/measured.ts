/** What the choices for a tensor would cost, measured: the options for spending a budget. */
import type { Reconstruction } from './gain.ts';

/** Which choices are measured: all; those for an offset, which is measured once for each choice of the shared vector; or
 * steps between two choices. */
export type Offer = 'all' | 'given' | readonly number[];

/** Widths of packed codes, widest first, as choices are listed. */
export const WIDTHS = [8, 7, 6, 5, 4, 3, 2, 1] as const;

export interface MeasuredTensor {
  /** Number of the vector in the file. */
  readonly output: number;
  readonly count: number;
  readonly resident: boolean;
}

/** One way to code a tensor. */
export interface MeasuredChoice<C> {
  readonly coding: C;
  /** Payload bytes that are enough for it. */
  readonly bytes: number;
  /** ‖τ̂ − τ‖² with an unbiased, and with the nearest, reconstruction. */
  readonly error: Readonly<Record<Reconstruction, number>>;
  /** Of an offset: which of the shared vector's choices it was measured with, from 0. */
  readonly given?: number;
}

/** Whether squares stay within the range of numbers: otherwise errors cannot be weighed against others. */
export const isMeasurable = ({
  energy,
  choices,
}: Pick<MeasuredChoices<unknown>, 'energy' | 'choices'>): boolean =>
  [energy, ...choices.map(({ error }) => error.unbiased)].every(Number.isFinite);

/** A tensor of one vector. */
export interface MeasuredChoices<C> {
  /** Number of the vector in the file. */
  readonly output: number;
  readonly elements: number;
  /** ‖τ‖² of the whole task vector's tensor, or of the shared one's. */
  readonly energy: number;
  /** Range of what is quantized: of offsets where there is a shared vector. */
  readonly min: number;
  readonly max: number;
  readonly finite: boolean;
  /** By falling bytes, given each choice of the shared vector in turn; none where the tensor is constant or not finite. */
  readonly choices: readonly MeasuredChoice<C>[];
}
