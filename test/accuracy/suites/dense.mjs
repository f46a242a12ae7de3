/** Dense prediction: the tasks share their images; each has a value for every pixel, and a metric of its own. */
import { divergence, mean, relativeChange } from '../score.mjs';
import { batches, input, part, pixels } from './graph.mjs';

const BATCH = 50;

/** Sums of a task's errors over batches; `value` is that of all pixels together. */
const ERRORS = {
  /** Mean intersection over union in percent. */
  seg: classes => {
    const counts = new Float64Array(classes * classes);
    return {
      add({ dims: [images, , rows, columns], data }, labels) {
        const size = rows * columns;
        for (let pixel = 0; pixel < images * size; pixel++) {
          const at = Math.floor(pixel / size) * classes * size + (pixel % size);
          let best = 0;
          for (let c = 1; c < classes; c++) if (data[at + c * size] > data[at + best * size]) best = c;
          if (Number.isNaN(data[at])) best = NaN;
          counts[labels[pixel] * classes + best]++;
        }
      },
      value() {
        const ratios = [];
        for (let c = 0; c < classes; c++) {
          let union = -counts[c * classes + c];
          for (let other = 0; other < classes; other++)
            union += counts[c * classes + other] + counts[other * classes + c];
          if (union > 0) ratios.push(counts[c * classes + c] / union);
        }
        return 100 * mean(ratios);
      },
    };
  },
  /** Mean |d' − d| / d in percent. */
  depth: () => averaged((data, labels, at) => (100 * Math.abs(data[at] - labels[at])) / labels[at]),
  /** Mean angle in degrees; labels are bytes, to be made unit vectors. */
  normals: () =>
    averaged((data, labels, at, size) => {
      let [along, length] = [0, 0];
      for (let i = at; i < at + 3 * size; i += size) {
        along += data[i] * labels[i];
        length += labels[i] ** 2;
      }
      return (180 / Math.PI) * Math.acos(Math.min(1, Math.max(-1, along / Math.sqrt(length))));
    }),
};

/** A mean over pixels; `errorOf` gets where a pixel's first channel is, and how far the next ones are apart. */
function averaged(errorOf) {
  let [sum, count] = [0, 0];
  return {
    add({ dims: [images, channels, rows, columns], data }, labels) {
      const size = rows * columns;
      for (let pixel = 0; pixel < images * size; pixel++)
        sum += errorOf(data, labels, Math.floor(pixel / size) * channels * size + (pixel % size), size);
      count += images * size;
    },
    value: () => sum / count,
  };
}

/** @returns how a suite of this kind is evaluated; see suite.mjs */
export function dense({ graph, test, heads, limit, said }) {
  const images = test.get('images');
  const count = Math.min(images.shape[0], limit);
  const headFeeds = Object.fromEntries([...heads].map(([name, tensor]) => [name, input(tensor)]));
  return {
    metric: { name: 'score', unit: '', digits: 1, better: 'higher' },
    /** A task's own metric over the test images. */
    async evaluate(weights, task) {
      const feeds = { ...headFeeds, ...graph.weights(weights) };
      const labels = test.get(`${task}.labels`);
      const errors = ERRORS[task](said.config.classes.length);
      const outputs = [];
      for (const [first, last] of batches(count, BATCH)) {
        const found = await graph.run({ ...feeds, images: input(pixels(part(images, first, last))) }, [task]);
        errors.add(found[task], part(labels, first, last).data);
        outputs.push(found[task]);
      }
      return { metrics: { [said.metrics[task].name]: errors.value() }, outputs };
    },
    /** Percent of the original checkpoints' own values, inverse where less is better, averaged. */
    total: (results, originals) =>
      mean(
        Object.entries(results).map(([task, metrics]) => {
          const { name, better } = said.metrics[task];
          const ratio = metrics[name] / originals[task][name];
          return 100 * (better === 'higher' ? ratio : 1 / ratio);
        }),
      ),
    /** KL divergence of classes from the original's in nats; of numbers, their squared change by their variance. */
    drift: (outputs, original, task) =>
      task === 'seg'
        ? divergence(outputs, original, ({ dims, data }) => ({
            classes: dims[1],
            data,
            stride: dims[2] * dims[3],
          }))
        : relativeChange(outputs, original),
  };
}
