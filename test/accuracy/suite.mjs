/** A suite on disk: checkpoints of one encoder, test images, and the encoder itself as an ONNX graph. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { countHits } from './score.mjs';
import { readTensors } from './tensors.mjs';

/** Images per run of the graph: enough to keep it busy, few enough that activations stay small. */
const BATCH = 250;

const tensor = ({ shape, data }) => new ort.Tensor('float32', data, shape);

/** Opens a suite; of each task at most `images` test images are used. */
export async function openSuite(folder, { images = Infinity, threads }) {
  ort.env.wasm.numThreads = threads;
  const at = name => join(folder, name);
  const { config } = JSON.parse(await readFile(at('suite.json'), 'utf8'));
  const heads = await readTensors(at('heads.safetensors'));
  const test = await readTensors(at('test.safetensors'));
  const session = await ort.InferenceSession.create(await readFile(at('encoder.onnx')), {
    executionProviders: ['wasm'],
    // Spinning threads would take cores from the engine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const tests = new Map(config.tasks.map(task => [task, testOf(task, heads, test, images)]));
  const tasks = config.tasks.map(name => ({ name, path: at(`${name}.safetensors`) }));
  return {
    base: at('base.safetensors'),
    tasks,
    /** Percentage of a task's images that the encoder gets right with these weights. */
    async accuracy(weights, task) {
      const feeds = Object.fromEntries([...weights].map(([name, weight]) => [name, tensor(weight)]));
      const { head, batches, count } = tests.get(task);
      let hits = 0;
      for (const { images, labels } of batches) {
        const { logits } = await session.run({ ...feeds, head, images });
        hits += countHits(logits.data, labels);
      }
      return (100 * hits) / count;
    },
  };
}

/** A task's head and test images as tensors, in batches. */
function testOf(task, heads, test, limit) {
  const { shape, data } = test.get(`${task}.images`);
  const labels = test.get(`${task}.labels`).data;
  const count = Math.min(shape[0], limit);
  const size = shape[1] * shape[2];
  const batches = [];
  for (let first = 0; first < count; first += BATCH) {
    const last = Math.min(first + BATCH, count);
    const pixels = Float32Array.from(data.subarray(first * size, last * size), value => value / 255);
    batches.push({
      images: tensor({ shape: [last - first, shape[1], shape[2]], data: pixels }),
      labels: labels.subarray(first, last),
    });
  }
  return { head: tensor(heads.get(task)), batches, count };
}
