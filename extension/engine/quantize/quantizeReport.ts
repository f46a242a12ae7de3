import type { ItemReport } from '../scheduler/item.ts';
import type { TensorAnalysis } from '../codecs/registry.ts';
import type { Unfit } from './unfit.ts';

/** What a quantization, or a measurement for one, tells. */
export interface QuantizeReport extends ItemReport {
  /** Tensors that could not be quantized, or hold no numbers. */
  readonly unfit?: readonly Unfit[];
  /** What was measured, by task tensor. */
  readonly analyses?: readonly TensorAnalysis[];
}
