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

/** Sums over one task vector τ and its restored version τ̂; all three are maps of tensors by name. */
export function compareVectors(base, tuned, restored) {
  let squares = 0;
  let error = 0;
  let product = 0;
  for (const [name, { data: origin }] of base) {
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

/** The most accurate trial; of equal ones the last, which has the largest scale of the grid. */
export const bestOf = trials =>
  trials.reduce((best, trial) => (trial.accuracy >= best.accuracy ? trial : best));

export const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
