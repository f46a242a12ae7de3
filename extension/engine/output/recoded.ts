/** A stored tensor's values in another coding. */
import { DTYPE_BITS } from '../../formats/dtype.ts';
import { toFloats } from '../tensors/decode.ts';
import type { RawTensor } from '../tensors/rawTensor.ts';
import type { Coder } from './coding.ts';

/** Values that are coded at once. */
export const RECODED_VALUES = 1 << 18;

/** The tensor's bytes as coded; it is read twice if it does not fit into memory and has to be measured first. */
export async function* recoded(
  tensor: RawTensor,
  coder: Coder,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (coder.measures) for await (const values of valuesOf(tensor)) coder.measure(values);
  for await (const values of valuesOf(tensor)) yield* coder.code(values);
}

async function* valuesOf(tensor: RawTensor): AsyncGenerator<Float32Array, void> {
  const { dtype } = tensor.source;
  const most = (RECODED_VALUES * DTYPE_BITS[dtype]) / 8;
  for await (const piece of tensor.pieces())
    for (let at = 0; at < piece.length; at += most) yield toFloats(piece.subarray(at, at + most), dtype);
}
