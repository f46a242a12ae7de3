/** What a checkpoint's tensors are, with all their bytes. */
import { FilePool } from '../../../../extension/formats/filePool.ts';
import type { Checkpoint } from '../../../../extension/formats/checkpoint.ts';
import { readSource } from '../../../../extension/engine/tensors/sourceKinds.ts';
import { loadKernels } from '../../../../extension/engine/kernels.ts';

interface Values {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: string;
}

/** By name, sorted; bytes as hexadecimal. */
export async function valuesOf({ tensors }: Pick<Checkpoint, 'tensors'>): Promise<Map<string, Values>> {
  const files = new FilePool();
  const context = { files, kernels: await loadKernels(), signal: new AbortController().signal };
  const values = new Map<string, Values>();
  try {
    for (const [name, source] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const bytes = new Uint8Array(source.bytes);
      await readSource(context, source, bytes, 0);
      const { dtype, shape } = source;
      values.set(name, { dtype, shape, bytes: Buffer.from(bytes).toString('hex') });
    }
    return values;
  } finally {
    await files.close();
  }
}
