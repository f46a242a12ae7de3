import { Option, type Command } from 'commander';
import { analyze } from '../engine.ts';
import type { Scheme } from '../../protocol/recipes.ts';
import { formatBytes } from '../../shared/format.ts';
import type { Analyzed } from '../quantize/measured.ts';
import { codecOf } from '../codecs/registry.ts';
import { firstTask } from '../quantize/plan.ts';
import { parseQuantizeRecipe } from '../../protocol/recipeSchemas.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import {
  checkpointsOf,
  command,
  measuringOptions,
  withCheckpoints,
  withMeasuring,
  type CheckpointOptions,
  type MeasureOptions,
  type Run,
} from './options.ts';
import { codecAsked, withCodec, type CodecOptions } from './codecOptions.ts';
import { collect } from './parse.ts';
import { QUANTIZE_OPTIONS } from './recipeOptions.ts';
import { printResult, progressLine, table, warn } from './terminal.ts';

interface AnalyzeOptions extends MeasureOptions, CheckpointOptions, CodecOptions {
  readonly keep?: readonly string[];
  readonly scheme: Exclude<Scheme, 'fq'>;
}

export function addAnalyze(program: Command, run: Run): void {
  const added = withCheckpoints(
    withMeasuring(
      command(program, 'analyze', 'measure the error that each choice of bits causes in each tensor'),
    ),
  );
  withCodec(added)
    .addOption(
      new Option(
        '--scheme <name>',
        'tvq: task vectors; rtvq: the shared base vector, and the offsets for each choice of it',
      )
        .choices(['tvq', 'rtvq'])
        .default('tvq'),
    )
    .option('--keep <regex>', 'leave out tensors with a matching name; repeat for more', collect)
    .action((options: AnalyzeOptions) => run(signal => act(options, signal)));
}

async function act(options: AnalyzeOptions, signal: AbortSignal): Promise<number> {
  const checkpoints = checkpointsOf(options);
  const { tasks } = checkpoints;
  const recipe = parseQuantizeRecipe(
    {
      kind: 'quantize',
      ...checkpoints,
      output: '.analysis.tvq', // never written
      scheme: options.scheme,
      bits: 8,
      baseBits: 8,
      ...codecAsked(options),
      keepRule: 'vectors',
      keep: options.keep ?? [],
      prune: options.prune,
      files: false,
      overwrite: true,
    },
    QUANTIZE_OPTIONS,
  );
  const line = progressLine(options);
  const measuring = measuringOptions(options, recipe.output);
  const hooks = { signal, onProgress: line.update };
  const { tensors, warnings } = await analyze(recipe, measuring, hooks).finally(line.clear);
  const nameOf = (output: number): string => tasks[output - firstTask(recipe)]?.name ?? SHARED_VECTOR;
  const named = tensors.map(({ output, ...rest }) => ({ task: nameOf(output), ...rest }));
  warn(options, warnings);
  printResult(options, { tensors: named.map(asJson), warnings }, () => describe(named));
  return 0;
}

type Named = Omit<Analyzed, 'output'> & { readonly task: string };

const asJson = ({ tensor, task, elements, energy, min, max, finite, choices }: Named) => ({
  tensor,
  task,
  elements,
  norm: Math.sqrt(energy),
  min,
  max,
  finite,
  choices: choices.map(({ coding, bytes, error, given }) => ({
    bits: codecOf(coding).nominalBits(coding, elements),
    bitsPerWeight: (8 * bytes) / elements,
    bytes,
    step: coding.codec === 'entropy' ? coding.step : undefined,
    relativeError: error.unbiased / energy,
    nearestRelativeError: error.nearest / energy,
    given,
  })),
});

/** Rates that the table shows, in bits per weight. */
const SHOWN = [0.5, 1, 1.5, 2, 3, 4];

/** One line per tensor and task: its size, its norm, and its relative squared error at a few rates. */
function describe(analyses: readonly Named[]): string {
  const heading = ['tensor', 'task', 'F32', 'norm', ...SHOWN.map(rate => `${rate} bpw`)];
  const lines = analyses.map(({ tensor, task, elements, energy, finite, choices }) => {
    const errors = SHOWN.map(rate => {
      const affordable = choices.filter(({ bytes }) => 8 * bytes <= rate * elements);
      const least = Math.min(...affordable.map(({ error }) => error.unbiased));
      return affordable.length > 0 ? (least / energy).toPrecision(2) : '–';
    });
    return [
      tensor,
      task,
      formatBytes(4 * elements),
      finite ? Math.sqrt(energy).toPrecision(3) : 'not finite',
      ...errors,
    ];
  });
  return table([heading, ...lines]);
}
