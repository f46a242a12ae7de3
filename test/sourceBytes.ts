/** What a source reads as. */
import { loadKernels } from '../extension/engine/kernels.ts';
import { readSource } from '../extension/engine/tensors/sourceKinds.ts';
import { FilePool } from '../extension/formats/filePool.ts';
import type { TensorSource } from '../extension/formats/tensorSource.ts';

/** The bytes of a tensor from `begin` on, to its end unless told how many. */
export async function sourceBytes(
  source: TensorSource,
  begin = 0,
  length = source.bytes - begin,
): Promise<Buffer> {
  const files = new FilePool();
  try {
    const view = Buffer.alloc(length);
    const context = { files, kernels: await loadKernels(), signal: new AbortController().signal };
    await readSource(context, source, view, begin);
    return view;
  } finally {
    await files.close();
  }
}

/** The values of a floating-point tensor as float32, by their bits where it is one. */
export async function sourceValues(source: TensorSource): Promise<number[]> {
  const bytes = await sourceBytes(source);
  if (source.dtype === 'F32') return [...new Float32Array(Uint8Array.from(bytes).buffer)];
  const bits = [...new Uint16Array(Uint8Array.from(bytes).buffer)];
  if (source.dtype === 'F16') return bits.map(halfValue);
  if (source.dtype === 'BF16')
    return bits.map(value => new Float32Array(Uint32Array.of(value << 16).buffer)[0]!);
  throw new Error(`${source.name} is ${source.dtype}`);
}

function halfValue(bits: number): number {
  const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}
