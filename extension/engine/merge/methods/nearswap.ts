import { translatable } from '../../../shared/translatable.ts';
import { parameter, type MergeMethod } from './method.ts';

export const nearswap: MergeMethod = {
  name: 'nearswap',
  title: 'NearSwap',
  family: 'models',
  meaning: translatable(
    'Moves each weight of the first model towards the second by at most t: near weights are swapped.',
  ),
  variant:
    "mergekit's, after alchemonaut's QuartetAnemoi-70B-t0.0001: (1 − w)·a + w·b with w = min(1, t / |a − b|), so that weights up to t apart become the second model's. mergekit has no default for t, and takes |a − b| as at least 1e-6, so that with a smaller t it swaps no weight completely; a t of 0 gives the first model back.",
  parameters: [
    parameter.number(
      't',
      0.0001,
      [0, 1000],
      translatable('Distance up to which a weight becomes that of the second model.'),
    ),
  ],
  base: 'unused',
  minimumInputs: 2,
  maximumInputs: 2,
  way: {
    kind: 'values',
    drops: false,
    workingValues: () => 0,
    merge: ({ xs, values }) => {
      const [first, second] = xs as [Float32Array, Float32Array];
      const t = values.t as number;
      return first.map((a, i) => {
        const b = second[i] as number;
        const distance = Math.abs(a - b);
        return distance <= t ? b : a + (t / distance) * (b - a);
      });
    },
  },
};
