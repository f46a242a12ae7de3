/** The arithmetic of the accuracy bench: nothing here reads a file or computes a model. */

/** Counts rows of `logits` whose largest value is at the label's index; of equal ones the first, as in PyTorch. */
export function countHits(logits, labels) {
  const classes = logits.length / labels.length;
  let hits = 0;
  for (const [row, label] of labels.entries()) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (logits[row * classes + c] > logits[row * classes + best]) best = c;
    }
    if (best === label) hits++;
  }
  return hits;
}

/** Sums over one task vector τ and its restored version τ̂, floats alone; all three are maps of tensors by name. */
export function compareVectors(base, tuned, restored) {
  let squares = 0;
  let error = 0;
  let product = 0;
  for (const [name, { dtype = 'F32', data: origin }] of base) {
    if (dtype !== 'F32') continue;
    const wanted = tuned.get(name).data;
    const got = restored.get(name).data;
    for (let i = 0; i < origin.length; i++) {
      const tau = wanted[i] - origin[i];
      const tauHat = got[i] - origin[i];
      squares += tau * tau;
      error += (tauHat - tau) ** 2;
      product += tau * tauHat;
    }
  }
  return { squares, error, product };
}

/** Σ‖τ̂ − τ‖² / Σ‖τ‖² over all tasks, and the mean over the tasks of ⟨τ̂, τ⟩ / ⟨τ, τ⟩. */
export function fidelity(comparisons) {
  const sum = of => comparisons.reduce((total, comparison) => total + of(comparison), 0);
  return {
    relativeError: sum(({ error }) => error) / sum(({ squares }) => squares),
    projection: sum(({ product, squares }) => product / squares) / comparisons.length,
  };
}

/** The settings that a grid tries: `{ scale: [0.1, 0.2] }` is two, no grid is the method's defaults alone. */
export function gridPoints(grid = {}) {
  return Object.entries(grid).reduce(
    (points, [name, values]) => points.flatMap(point => values.map(value => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** The best trial; of equal ones the last, which has the largest scale of the grid. NaN is never the best. */
export const bestOf = (trials, better) =>
  trials.reduce((best, trial) => {
    const [one, other] = better === 'higher' ? [trial, best] : [best, trial];
    return one.value >= other.value || Number.isNaN(best.value) ? trial : best;
  });

export const mean = values => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Mean over all places of KL(p ‖ q) in nats: of the classes that `original`'s logits predict, and `outputs`'.
 * @param view of an output: its data, its number of classes, and how far the logits of one place are apart
 */
export function divergence(outputs, original, view) {
  let [sum, count] = [0, 0];
  for (const [i, output] of outputs.entries()) {
    const [{ data, classes, stride }, { data: wanted }] = [view(output), view(original[i])];
    for (let place = 0; place < data.length / classes; place++) {
      const at = Math.floor(place / stride) * classes * stride + (place % stride);
      const [log, wantedLog] = [data, wanted].map(logits => logSum(logits, at, classes, stride));
      for (let c = at; c < at + classes * stride; c += stride)
        sum += Math.exp(wanted[c] - wantedLog) * (wanted[c] - wantedLog - data[c] + log);
      count++;
    }
  }
  return sum / count;
}

/** log Σ exp of `classes` logits. */
function logSum(logits, at, classes, stride) {
  let most = -Infinity;
  for (let c = 0; c < classes; c++) most = Math.max(most, logits[at + c * stride]);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c * stride] - most);
  return most + Math.log(sum);
}

/** Σ(y − y₀)² / Σ(y₀ − mean of y₀)² over the numbers of all outputs. */
export function relativeChange(outputs, original) {
  let [count, sum, squares, change] = [0, 0, 0, 0];
  for (const [i, { data }] of outputs.entries())
    for (const [j, wanted] of original[i].data.entries()) {
      count++;
      sum += wanted;
      squares += wanted ** 2;
      change += (data[j] - wanted) ** 2;
    }
  return change / (squares - sum ** 2 / count);
}
