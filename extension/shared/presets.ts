/** Ways to quantize in plain words: what the command line and the editor offer first. */
import type { QuantizeRecipe } from '../protocol/recipes.ts';

export type PresetName = 'balanced' | 'smallest' | 'fastest' | 'paper';

/** The part of a recipe that says how numbers become codes. */
export type QuantizeSettings = Pick<
  QuantizeRecipe,
  'scheme' | 'bits' | 'baseBits' | 'codec' | 'groupSize' | 'keepRule' | 'budget'
>;

export interface Preset {
  readonly name: PresetName;
  readonly title: string;
  /** What it gives, and what it costs. */
  readonly meaning: string;
  readonly settings: QuantizeSettings;
}

/** The default budget; excludes the header, so that even the smallest model fits. */
export const DEFAULT_BUDGET = 'codes=1.5bpw';

/** Accuracies are those of docs/accuracy.md. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'balanced',
    title: 'Balanced',
    meaning: 'FP32’s accuracy at the smallest size: 1.5 bits per weight, spent where they help most',
    settings: within(DEFAULT_BUDGET),
  },
  {
    name: 'smallest',
    title: 'Smallest',
    meaning: '1 bit per weight, spent where it helps most: a third smaller, and slightly less accurate',
    settings: within('codes=1bpw'),
  },
  {
    name: 'fastest',
    title: 'Fastest',
    meaning: '4 bits for every weight: nothing is measured first, and the file is the largest of these',
    settings: { ...fixed(4), keepRule: 'vectors' },
  },
  {
    name: 'paper',
    title: 'As published',
    meaning: 'The published method: 3 bits for every weight, and exact where its code is',
    settings: { ...fixed(3), keepRule: 'published' },
  },
];

/** The preset used by default. */
export const DEFAULT_PRESET: PresetName = 'balanced';

export const presetNamed = (name: PresetName): Preset =>
  PRESETS.find(preset => preset.name === name) as Preset;

function fixed(bits: number) {
  return { scheme: 'tvq', bits, baseBits: bits } as const;
}

/** `bits` is ignored under a budget. */
function within(budget: string): QuantizeSettings {
  return { ...fixed(8), keepRule: 'vectors', budget };
}
