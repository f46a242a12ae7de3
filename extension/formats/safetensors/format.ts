/** Safetensors, as a format of weights. */
import { rangeOf } from '../tensorSource.ts';
import type { WeightFormat } from '../weightFormat.ts';
import { SAFETENSORS } from './names.ts';

export const safetensors: WeightFormat = {
  extension: SAFETENSORS,
  async readHeader(file, allowance) {
    // Callers that need only names do not load the reader.
    const { readSafetensorsHeader } = await import('./safetensors.ts');
    const header = await readSafetensorsHeader(file, allowance);
    return { ...header, tensors: header.tensors.map(entry => rangeOf(file, entry)) };
  },
};
