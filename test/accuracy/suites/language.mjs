/** A language model over bytes: each task has windows of text; the metric is bits a byte, and exact answers. */
import { divergence, mean } from '../score.mjs';
import { batches, input, lastLogits, part } from './graph.mjs';

/** Windows per run of the graph. */
const BATCH = 32;

/** @returns how a suite of this kind is evaluated; see suite.mjs */
export function language({ graph, test, limit }) {
  return {
    metric: { name: 'bits a byte', unit: '', digits: 4, better: 'lower' },
    /** Bits a byte of a task's windows; where it has answers, the share that greedy decoding would write, in percent. */
    async evaluate(weights, task) {
      const feeds = graph.weights(weights);
      const windows = test.get(`${task}.tokens`);
      const count = Math.min(windows.shape[0], limit);
      const bytes = windows.shape[1] - 1;
      const outputs = [];
      const hits = new Uint8Array(count * bytes);
      let bits = 0;
      for (const [first, last] of batches(count, BATCH)) {
        const { shape, data } = part(windows, first, last);
        const tokens = input({ shape, data: BigInt64Array.from(data, BigInt) }, 'int64');
        const found = await graph.run({ ...feeds, tokens });
        bits += found.bits.data.reduce((sum, value) => sum + value, 0);
        hits.set(Uint8Array.from(found.hit.data, Number), first * bytes);
        outputs.push(found.logits);
      }
      const metrics = { 'bits a byte': bits / (count * bytes) };
      const answers = test.get(`${task}.answers`);
      if (answers) metrics['exact answers'] = exactAnswers(answers, hits, bytes, count);
      return { metrics, outputs };
    },
    total: results => mean(Object.values(results).map(one => one['bits a byte'])),
    /** Mean KL divergence of the predicted bytes from the original's, in nats. */
    drift: (outputs, original) => divergence(outputs, original, lastLogits),
  };
}

/** Percentage of answers of which every byte has the highest logit; rows of row, first and one past the last position. */
function exactAnswers({ data }, hits, bytes, count) {
  let [all, exact] = [0, 0];
  for (let i = 0; i < data.length; i += 3) {
    const [row, first, end] = data.subarray(i, i + 3);
    if (row >= count) continue;
    all++;
    if (hits.subarray(row * bytes + first - 1, row * bytes + end - 1).every(Boolean)) exact++;
  }
  return (100 * exact) / all;
}
