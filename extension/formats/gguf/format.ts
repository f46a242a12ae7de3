/** GGUF (llama.cpp), as a format of weights. */
import type { WeightFormat } from '../weightFormat.ts';
import { isGguf } from './magic.ts';

export const gguf: WeightFormat = {
  name: 'GGUF',
  extensions: ['.gguf'],
  isShared: false,
  recognises: isGguf,
  async readHeader(file, allowance) {
    // Callers that need only names do not load the reader.
    const { readGgufHeader } = await import('./readHeader.ts');
    return readGgufHeader(file, allowance);
  },
};
