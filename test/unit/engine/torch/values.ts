/** What a checkpoint's tensors are, with all their bytes. */
import { DTYPE_BITS } from '../../../../extension/formats/dtype.ts';
import { FilePool } from '../../../../extension/formats/filePool.ts';
import type { Checkpoint } from '../../../../extension/formats/checkpoint.ts';
import { readSource } from '../../../../extension/engine/tensors/sourceKinds.ts';
import { loadKernels } from '../../../../extension/engine/kernels.ts';

interface Values {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** As hexadecimal. */
  readonly bytes: string;
}

/** By name, sorted. @param span elements that are read at once */
export async function valuesOf(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  span = Infinity,
): Promise<Map<string, Values>> {
  const files = new FilePool();
  const context = { files, kernels: await loadKernels(), signal: new AbortController().signal };
  const values = new Map<string, Values>();
  try {
    for (const [name, source] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const bytes = new Uint8Array(source.bytes);
      const step = Math.min(bytes.length, (span * DTYPE_BITS[source.dtype]) / 8);
      for (let at = 0; at < bytes.length; at += step)
        await readSource(context, source, bytes.subarray(at, at + step), at);
      const { dtype, shape } = source;
      values.set(name, { dtype, shape, bytes: Buffer.from(bytes).toString('hex') });
    }
    return values;
  } finally {
    await files.close();
  }
}
