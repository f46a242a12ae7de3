import type { TensorFate } from '../../protocol/results.ts';
import { formatCount } from '../../shared/format.ts';

/** Rows that say what happens to which tensors, and why. */
export const describeFates = (fates: readonly TensorFate[]): string[][] =>
  labelled(
    'tensors',
    fates.map(({ fate, why, tensors, weights, names }) => {
      const usual = fate === 'merged' || fate === 'quantized';
      const examples = usual ? '' : `: ${names.join(', ')}${tensors > names.length ? ' …' : ''}`;
      return `${tensors} ${fate} (${why}, ${formatCount(weights)} values)${examples}`;
    }),
  );

/** Rows with the label on the first one. */
export const labelled = (label: string, rows: readonly string[]): string[][] =>
  rows.map((row, i) => [i === 0 ? label : '', row]);
