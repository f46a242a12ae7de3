import { Option, type Command } from 'commander';
import type { PlanSummary, QuantizeResult, Scheme } from '../../protocol.ts';
import { plan, quantize } from '../engine.ts';
import { UserError } from '../errors.ts';
import { formatBits, formatBytes, formatPercent, formatSeconds } from '../format.ts';
import { DEFAULTS, parseQuantizeRecipe } from '../recipe.ts';
import { refuseErrors } from '../runPlanned.ts';
import {
  checkpointsOf,
  command,
  runOptions,
  withCheckpoints,
  withEngine,
  type CheckpointOptions,
  type EngineOptions,
  type Run,
} from './options.ts';
import { collect, parseWhole } from './parse.ts';
import { printResult, progressLine, table, warn } from './terminal.ts';

interface QuantizeOptions extends EngineOptions, CheckpointOptions {
  readonly output?: string;
  readonly scheme: Scheme;
  readonly bits?: number;
  readonly baseBits?: number;
  readonly offsetBits?: number;
  readonly preset?: 'paper';
  readonly budget?: string;
  readonly sensitivity?: 'relative' | 'energy' | 'depth';
  readonly reconstruction?: 'unbiased' | 'nearest';
  readonly keep?: readonly string[];
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

const width = parseWhole(1, 8);

export function addQuantize(program: Command, run: Run): void {
  withCheckpoints(
    withEngine(
      command(program, 'quantize', 'quantize fine-tuned checkpoints of one base model into a .tvq file'),
    ),
  )
    .option('-o, --output <file.tvq>', 'file to write')
    .addOption(
      new Option('--scheme <name>', 'tvq: task vectors; rtvq: shared base + offsets; fq: whole models')
        .choices(['tvq', 'rtvq', 'fq'])
        .default('tvq'),
    )
    .option('--bits <n>', 'bits a weight, 1 to 8 (tvq 3, fq 8)', width)
    .option('--base-bits <n>', 'bits of the shared base vector (rtvq, 3)', width)
    .option('--offset-bits <n>', "bits of each task's offset (rtvq, 2)", width)
    .addOption(
      new Option('--preset <name>', 'paper: keep exactly what the published code keeps').choices(['paper']),
    )
    .option(
      '--budget <size>',
      'size of the file, spent where it helps most: 2.25bpw, 120MB, 8% of FP32, or error=0.1 (tvq)',
    )
    .addOption(
      new Option(
        '--sensitivity <measure>',
        'what the budget is spent by (relative; energy for error=…)',
      ).choices(['relative', 'energy', 'depth']),
    )
    .addOption(
      new Option(
        '--reconstruction <rule>',
        'under a budget: unbiased keeps each task vector as long as it is, nearest has the least error (unbiased)',
      ).choices(['unbiased', 'nearest']),
    )
    .option('--keep <regex>', 'store tensors with a matching name exactly; repeat for more', collect)
    .option('--dry-run', 'print the plan and write nothing')
    .option('--overwrite', 'replace an existing output')
    .action((options: QuantizeOptions) => run(signal => act(options, signal)));
}

async function act(options: QuantizeOptions, signal: AbortSignal): Promise<number> {
  const recipe = parseQuantizeRecipe(recipeOf(options));
  if (options.dryRun) {
    const summary = await plan(recipe, runOptions(options));
    printResult(options, summary, () => describePlan(summary));
    warn(options, messages(summary, 'warning'));
    refuseErrors(summary.problems);
    return 0;
  }
  const line = progressLine(options);
  const result = await quantize(recipe, runOptions(options), { signal, onProgress: line.update }).finally(
    line.clear,
  );
  warn(options, result.warnings);
  printResult(options, result, () => describeResult(result));
  return 0;
}

function recipeOf(options: QuantizeOptions) {
  const { scheme } = options;
  const foreign = scheme === 'rtvq' ? ['bits'] : ['baseBits', 'offsetBits'];
  const given = foreign.find(name => options[name as keyof QuantizeOptions] !== undefined);
  if (given) {
    const flag = `--${given.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
    const instead = scheme === 'rtvq' ? '--base-bits and --offset-bits' : '--bits';
    throw new UserError(`${flag} does not go with --scheme ${scheme}; use ${instead}`, 'usage');
  }
  if (options.budget === undefined) {
    const stray = (['sensitivity', 'reconstruction'] as const).find(name => options[name] !== undefined);
    if (stray) throw new UserError(`--${stray} needs a --budget`, 'usage');
  } else {
    if (scheme !== 'tvq') throw new UserError('--budget goes with --scheme tvq', 'usage');
    const stray = (['bits', 'preset'] as const).find(name => options[name] !== undefined);
    if (stray)
      throw new UserError(`--${stray} does not go with --budget, which sets the bits itself`, 'usage');
  }
  const checkpoints = checkpointsOf(options);
  if (!options.output) throw new UserError('name the file to write with -o FILE.tvq', 'usage');
  return {
    kind: 'quantize',
    ...checkpoints,
    output: options.output,
    scheme,
    bits: options.bits ?? options.offsetBits ?? DEFAULTS[scheme].bits,
    baseBits: options.baseBits ?? DEFAULTS[scheme].baseBits,
    preset: options.preset ?? 'default',
    ...(options.budget === undefined
      ? {}
      : {
          budget: options.budget,
          sensitivity: options.sensitivity,
          reconstruction: options.reconstruction,
        }),
    keep: options.keep ?? [],
    overwrite: options.overwrite ?? false,
  };
}

const messages = ({ problems }: PlanSummary, wanted: string) =>
  problems.filter(({ severity }) => severity === wanted).map(({ message }) => message);

const describePlan = (plan: PlanSummary): string =>
  table([
    ['output', plan.output],
    ['size', `at most ${formatBytes(plan.bytes)}, ${formatPercent(plan.bytes / plan.fp32Bytes)} of FP32`],
    ['bits', formatBits(plan.bitsPerWeight)],
    ['tasks', plan.tasks.join(', ')],
    ['tensors', `${plan.tensors.quantized} quantized, ${plan.tensors.kept} exact`],
    ['reads', formatBytes(plan.readBytes)],
    ['memory', `about ${formatBytes(plan.memory)}`],
  ]);

/** ‖τ − τ̂‖² / ‖τ‖²: what part of a task vector's energy the error has. */
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
