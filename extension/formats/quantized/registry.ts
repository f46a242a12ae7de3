/** All layouts of quantized weights that are read; the first that knows a tensor decodes it. */
import { bitsandbytes4, bitsandbytes8 } from './bitsandbytes.ts';
import type { QuantizedLayout } from './layout.ts';
import { awq, gptq, packQuantized } from './packed.ts';
import { plainFloats, scaledFloats, scaledIntegers } from './scaled.ts';

export const QUANTIZED_LAYOUTS: readonly QuantizedLayout[] = [
  bitsandbytes4,
  bitsandbytes8,
  gptq,
  awq,
  packQuantized,
  scaledFloats,
  scaledIntegers,
  plainFloats,
];
