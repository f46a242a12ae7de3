/** Eight tasks on one base, and merges of them whose numbers look like those of a real model. */
import { methodInfos } from '../../../../extension/engine/merge/methods/registry.ts';
import type { StudioMerged, StudioMergeReport } from '../../../../extension/protocol/merge.ts';
import type { MergeMethodInfo, ParameterValue } from '../../../../extension/protocol/recipes.ts';
import type { MergeTotals } from '../../../../extension/protocol/results.ts';
import type { StudioSelection } from '../../../../extension/protocol/studio.ts';

export const TASKS = ['cars', 'dtd', 'eurosat', 'gtsrb', 'mnist', 'resisc45', 'sun397', 'svhn'];
export const METHODS: readonly MergeMethodInfo[] = methodInfos();
export const LAYERS = 12;

export const SELECTION: StudioSelection = {
  base: { name: 'clip-vit-large-patch14', path: '/home/someone/models/clip-vit-large-patch14' },
  tasks: TASKS.map(name => ({ name, path: `/home/someone/models/${name}` })),
  source: '/home/someone/models/vit-l14-8tasks.tvq',
};

/** Other selections: full-precision checkpoints, and a file whose checkpoints are unknown. */
export const SELECTIONS: Readonly<Record<string, StudioSelection>> = {
  checkpoints: { ...SELECTION, source: undefined },
  unknown: {
    ...SELECTION,
    tasks: SELECTION.tasks.map(({ name }) => ({ name, path: SELECTION.source ?? '' })),
  },
};

export const methodNamed = (name: string): MergeMethodInfo => {
  const method = METHODS.find(known => known.name === name);
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method;
};

export interface ReportOptions {
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly inputParameters?: StudioMergeReport['inputParameters'];
  readonly seed?: number;
  readonly difference?: boolean;
  readonly kept?: boolean;
  readonly tasks?: readonly string[];
}

export function sampleReport(name: string, options: ReportOptions = {}): StudioMergeReport {
  const {
    difference = false,
    inputParameters = {},
    kept = false,
    parameters,
    seed = 1,
    tasks = TASKS,
  } = options;
  const wave = (at: number, task = 0) => 0.5 + 0.5 * Math.sin(at * 0.37 + task * 1.3 + seed * 0.9);
  const totals = (layer: number): MergeTotals => ({
    norm: 0.6 + 0.05 * layer + 0.5 * wave(layer) * seed,
    inputs: tasks.map((task, at) => ({
      name: task,
      norm: 1 + wave(layer, at),
      cosine: 0.25 + 0.4 * wave(layer, at) + 0.05 * seed,
      kept: kept ? 0.15 + 0.1 * wave(layer, at) : null,
    })),
    signConflicts: 0.35 + 0.2 * wave(layer),
    difference: difference ? 0.02 + 0.05 * wave(layer) * seed : null,
  });
  const defaults = methodNamed(name).parameters.map(
    parameter => [parameter.name, parameter.default] as const,
  );
  return {
    method: name,
    parameters: { ...Object.fromEntries(defaults), ...parameters },
    inputParameters,
    model: totals(7),
    layers: [
      ...Array.from({ length: LAYERS }, (_, layer) => ({
        stack: 'model.layers',
        layer,
        ...totals(layer),
      })),
      { stack: null, layer: null, ...totals(LAYERS) },
    ],
  };
}

export function sampleMerge(
  name: string,
  changes: Partial<StudioMerged> = {},
  report: ReportOptions = {},
): StudioMerged {
  const folder = `merged-${name.replaceAll('_', '-')}`;
  return {
    output: `/home/someone/models/${folder}`,
    name: folder,
    bytes: 1_215_873_024,
    seconds: 6.24,
    source: SELECTION.source,
    metrics: [],
    report: sampleReport(name, report),
    fault: undefined,
    ...changes,
  };
}

const weights = Object.fromEntries(
  TASKS.map((task, at) => [task, { weight: at === 0 ? 0.5 : 1, density: 0.2 }]),
);

/** Three merges: two methods from a .tvq file, and one of them from the checkpoints. */
export const MERGES: readonly StudioMerged[] = [
  sampleMerge(
    'task_arithmetic',
    {
      metrics: [
        { name: 'accuracy.mean', value: 0.7312 },
        { name: 'accuracy.cars', value: 0.662 },
        { name: 'loss', value: 1.207 },
      ],
    },
    { seed: 1, difference: true },
  ),
  sampleMerge(
    'ties',
    {
      seconds: 18.9,
      metrics: [
        { name: 'accuracy.mean', value: 0.7691 },
        { name: 'accuracy.cars', value: 0.701 },
        { name: 'loss', value: 1.034 },
      ],
    },
    { seed: 2, difference: true, kept: true, inputParameters: weights },
  ),
  sampleMerge(
    'breadcrumbs',
    { seconds: 83.4, source: undefined },
    { seed: 3, kept: true, parameters: { beta: 0.3 } },
  ),
];
