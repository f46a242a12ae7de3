import type { Layer } from '../protocol/analysis.ts';

/** What a layer is called: its number, with the stack's name before it in models of several stacks. */
export const layerName = ({ stack, number }: Pick<Layer, 'stack' | 'number'>, stacks: number): string =>
  stacks > 1 ? `${stack}.${number}` : String(number);
