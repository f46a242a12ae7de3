import type { Layer } from '../protocol/analysis.ts';

/** A layer's name: its number, with the stack's name before it in models with several stacks. */
export const layerName = ({ stack, number }: Pick<Layer, 'stack' | 'number'>, stacks: number): string =>
  stacks > 1 ? `${stack}.${number}` : String(number);
