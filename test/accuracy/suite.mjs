/** A suite on disk: checkpoints of one encoder, a test set for each, and the encoder itself as an ONNX graph. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classification } from './suites/classification.mjs';
import { dense } from './suites/dense.mjs';
import { openGraph } from './suites/graph.mjs';
import { language } from './suites/language.mjs';
import { readTensors } from './tensors.mjs';

const KINDS = { classification, dense, language };

/** What kind of models a suite's own description is of. */
export function kindOf({ kind, metrics }) {
  if (kind === 'language-model') return 'language';
  return metrics ? 'dense' : 'classification';
}

/**
 * Opens a suite; of each task at most `images` test images or windows are used.
 *
 * `metric` is its one number: `total(results, originals)` of the metrics of all tasks, given those of the original
 * checkpoints. `evaluate(weights, task)` runs a task's test set: `metrics` by name, and `outputs` of the graph.
 * `drift(outputs, original, task)` says how far outputs are from the original's; it is less noisy than any metric.
 */
export async function openSuite(folder, { images = Infinity, threads }) {
  const at = name => join(folder, name);
  const said = JSON.parse(await readFile(at('suite.json'), 'utf8'));
  const hasHeads = await access(at('heads.safetensors')).then(
    () => true,
    () => false,
  );
  const kind = kindOf(said);
  const evaluation = KINDS[kind]({
    said,
    graph: await openGraph(at('encoder.onnx'), threads),
    heads: hasHeads ? await readTensors(at('heads.safetensors')) : new Map(),
    test: await readTensors(at('test.safetensors')),
    limit: images,
  });
  const tasks = said.config.tasks.map(name => ({ name, path: at(`${name}.safetensors`) }));
  return { kind, base: at('base.safetensors'), tasks, ...evaluation };
}
