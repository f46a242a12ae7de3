/** What torch.save writes, as a format of weights. */
import type { WeightFormat } from '../weightFormat.ts';
import { isArchive, isLegacy } from './torchHead.ts';

export const pytorch: WeightFormat = {
  name: 'PyTorch',
  extensions: ['.pt', '.pth', '.th', '.bin', '.ckpt', '.jit', '.pth.tar'],
  isShared: true,
  recognises: head => isArchive(head) || isLegacy(head),
  async readHeader(file, allowance) {
    const { readTorchHeader } = await import('./torchFile.ts');
    return readTorchHeader(file, allowance);
  },
};
