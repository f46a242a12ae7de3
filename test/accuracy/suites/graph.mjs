/** An encoder as an ONNX graph: its weights are inputs named as the tensors of a checkpoint. */
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';

/** A tensor as an input of a graph; floats unless `type` says otherwise. */
export const input = ({ shape, data }, type = 'float32') => new ort.Tensor(type, data, shape);

/** Opens a graph. @param threads that compute */
export async function openGraph(path, threads) {
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(await readFile(path), {
    executionProviders: ['wasm'],
    // Spinning threads would take cores from the engine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const known = new Set(session.inputNames);
  return {
    /** Those of a checkpoint's tensors that the graph computes with, as its inputs. */
    weights: tensors =>
      Object.fromEntries(
        [...tensors]
          .filter(([name, { dtype }]) => dtype === 'F32' && known.has(name))
          .map(([name, tensor]) => [name, input(tensor)]),
      ),
    run: (feeds, outputs) => session.run(feeds, outputs),
  };
}

/** `[first, last)` of batches of `size` out of `count`. */
export function* batches(count, size) {
  for (let first = 0; first < count; first += size) yield [first, Math.min(first + size, count)];
}

/** A part of a tensor's first dimension. */
export function part({ shape: [, ...rest], data }, first, last) {
  const size = rest.reduce((product, side) => product * side, 1);
  return { shape: [last - first, ...rest], data: data.subarray(first * size, last * size) };
}

/** A graph's output whose last dimension is the logits of a place, as `divergence` takes it. */
export const lastLogits = ({ dims, data }) => ({ classes: dims.at(-1), data, stride: 1 });

/** Pixels of 0 to 255 as floats of 0 to 1. */
export const pixels = ({ shape, data }) => ({ shape, data: Float32Array.from(data, value => value / 255) });
