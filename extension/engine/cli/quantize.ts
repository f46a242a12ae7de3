import type { Command } from 'commander';
import type { PlanSummary, QuantizeResult } from '../../protocol/results.ts';
import { plan, quantize } from '../engine.ts';
import { UserError } from '../../shared/errors.ts';
import { formatBits, formatBytes, formatPercent, formatSeconds } from '../../shared/format.ts';
import { parseQuantizeRecipe } from '../../protocol/recipeSchemas.ts';
import { refuseErrors } from '../scheduler/runPlanned.ts';
import {
  checkpointsOf,
  command,
  measuringOptions,
  runOptions,
  withCheckpoints,
  withMeasuring,
  type CheckpointOptions,
  type MeasureOptions,
  type Run,
} from './options.ts';
import { describeFates } from './describeFates.ts';
import { collect } from './parse.ts';
import { settingsOf, withSettings, type SettingsOptions } from './quantizeSettings.ts';
import { QUANTIZE_OPTIONS } from './recipeOptions.ts';
import { statusOf } from './status.ts';
import { printResult, progressLine, table, warn, wordedPlan } from './terminal.ts';
import { wishesOf, withWishes } from './wishes.ts';

interface QuantizeOptions extends MeasureOptions, CheckpointOptions, SettingsOptions {
  readonly output?: string;
  readonly keep?: readonly string[];
  readonly files?: boolean;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

export function addQuantize(program: Command, run: Run): void {
  const added = withCheckpoints(
    withMeasuring(
      command(program, 'quantize', 'quantize fine-tuned checkpoints of one base model into a .tvq file'),
    ),
  ).option('-o, --output <file.tvq>', 'file to write');
  withWishes(withSettings(added))
    .option('--keep <regex>', 'store tensors with a matching name exactly; repeat for more', collect)
    .option('--no-files', 'store no config, tokenizer and other small files of the checkpoints')
    .option('--dry-run', 'print the plan and write nothing')
    .option('--overwrite', 'replace an existing output')
    .action((options: QuantizeOptions) => run(signal => act(options, signal)));
}

async function act(options: QuantizeOptions, signal: AbortSignal): Promise<number> {
  const recipe = await recipeOf(options);
  if (options.dryRun) {
    const summary = wordedPlan(await plan(recipe, runOptions(options)));
    printResult(options, summary, () => describePlan(summary));
    warn(options, messages(summary, 'warning'));
    refuseErrors(summary.problems);
    return 0;
  }
  const line = progressLine(options);
  const measuring = measuringOptions(options, recipe.output);
  const result = await quantize(recipe, measuring, { signal, onProgress: line.update }).finally(line.clear);
  warn(options, result.warnings);
  printResult(options, result, () => describeResult(result));
  return statusOf(recipe, result);
}

async function recipeOf(options: QuantizeOptions) {
  const settings = settingsOf(options);
  const checkpoints = checkpointsOf(options);
  if (!options.output) throw new UserError('name the file to write with -o FILE.tvq', 'usage');
  return parseQuantizeRecipe(
    {
      kind: 'quantize',
      ...checkpoints,
      output: options.output,
      ...settings,
      ...(await wishesOf(options)),
      keep: options.keep ?? [],
      prune: options.prune,
      ...(options.files === false ? { files: false } : {}),
      overwrite: options.overwrite ?? false,
    },
    QUANTIZE_OPTIONS,
  );
}

const messages = ({ problems }: PlanSummary, wanted: string) =>
  problems.filter(({ severity }) => severity === wanted).map(({ message }) => message);

const describePlan = (plan: PlanSummary): string =>
  table([
    ['output', plan.output],
    ...describeSize(plan),
    ['tasks', plan.tasks.join(', ')],
    ...describeFates(plan.fates),
    ['reads', formatBytes(plan.readBytes)],
    ['memory', `about ${formatBytes(plan.memory)}`],
  ]);

const describeSize = ({ sizeKnown, bytes, fp32Bytes, bitsPerWeight }: PlanSummary): string[][] =>
  sizeKnown
    ? [
        ['size', `at most ${formatBytes(bytes)}, ${formatPercent(bytes / fp32Bytes)} of FP32`],
        ['bits', formatBits(bitsPerWeight)],
      ]
    : [['size', 'as small as the error allows, known after measuring']];

/** ‖τ − τ̂‖² / ‖τ‖²: the error's share of a task vector's energy. */
const formatError = (share: number) => `${(100 * share).toPrecision(3)} % (squared, relative)`;

const describeResult = (result: QuantizeResult): string =>
  table([
    ['wrote', result.output],
    ['size', `${formatBytes(result.bytes)}, ${formatPercent(result.bytes / result.fp32Bytes)} of FP32`],
    ['bits', formatBits(result.bitsPerWeight)],
    [
      'tensors',
      `${result.tensors.quantized} quantized, ${result.tensors.kept} exact, ${result.tensors.unchanged} unchanged`,
    ],
    ...result.tasks.map((task, t) => [
      t === 0 ? 'error' : '',
      `${task}: ${formatError(result.relativeErrors[t] as number)}`,
    ]),
    ['time', `${formatSeconds(result.seconds)}, ${formatBytes(result.readBytes / result.seconds)}/s`],
    ['backend', result.backendReason],
  ]);
