/** Classification: each task has test images with labels, and a frozen head; the metric is the accuracy. */
import { countHits, divergence, mean } from '../score.mjs';
import { batches, input, lastLogits, part, pixels } from './graph.mjs';

/** Images per run of the graph: enough to keep it busy, few enough that activations stay small. */
const BATCH = 250;

/** @returns how a suite of this kind is evaluated; see suite.mjs */
export function classification({ graph, test, heads, limit }) {
  return {
    metric: { name: 'accuracy', unit: '%', digits: 1, better: 'higher' },
    /** The accuracy of a task's test images in percent, and the logits. */
    async evaluate(weights, task) {
      const feeds = { ...graph.weights(weights), head: input(heads.get(task)) };
      const [images, labels] = ['images', 'labels'].map(what => test.get(`${task}.${what}`));
      const count = Math.min(images.shape[0], limit);
      const outputs = [];
      let hits = 0;
      for (const [first, last] of batches(count, BATCH)) {
        const { logits } = await graph.run({ ...feeds, images: input(pixels(part(images, first, last))) });
        hits += countHits(logits.data, labels.data.subarray(first, last));
        outputs.push(logits);
      }
      return { metrics: { accuracy: (100 * hits) / count }, outputs };
    },
    total: results => mean(Object.values(results).map(({ accuracy }) => accuracy)),
    /** Mean KL divergence of the predicted classes from the original's, in nats. */
    drift: (outputs, original) => divergence(outputs, original, lastLogits),
  };
}
