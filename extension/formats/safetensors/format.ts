/** Safetensors, as a format of weights. */
import { rangeOf } from '../tensorSource.ts';
import type { WeightFormat } from '../weightFormat.ts';
import { SAFETENSORS } from './names.ts';

export const safetensors: WeightFormat = {
  name: 'safetensors',
  extensions: [SAFETENSORS],
  isShared: false,
  // A length of eight bytes, of which only four are used, and a JSON object.
  recognises: head => head.length > 8 && head.subarray(4, 8).every(byte => byte === 0) && head[8] === 0x7b,
  async readHeader(file, allowance) {
    // Callers that need only names do not load the reader.
    const { readSafetensorsHeader } = await import('./safetensors.ts');
    const header = await readSafetensorsHeader(file, allowance);
    return { ...header, tensors: header.tensors.map(entry => rangeOf(file, entry)), notes: [] };
  },
};
