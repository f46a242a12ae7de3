import { Option, type Command } from 'commander';
import { extractLora, planExtractSummary } from '../engine.ts';
import { parseExtractRecipe } from '../../protocol/recipeSchemas.ts';
import type { ExtractPlanSummary, ExtractResult, LeftOut } from '../../protocol/results.ts';
import { UserError } from '../../shared/errors.ts';
import { formatBytes, formatPercent, formatSeconds } from '../../shared/format.ts';
import { refuseErrors } from '../scheduler/runPlanned.ts';
import { labelled } from './describeFates.ts';
import { command, runOptions, withEngine, type EngineOptions, type Run } from './options.ts';
import { collect, parseBytes, parseNumber, parseWhole } from './parse.ts';
import { EXTRACT_OPTIONS } from './recipeOptions.ts';
import { statusOf } from './status.ts';
import { printResult, progressLine, table, warn, wordedPlan } from './terminal.ts';

interface ExtractOptions extends EngineOptions {
  readonly base?: string;
  readonly task?: string;
  readonly output?: string;
  readonly rank?: number;
  readonly energy?: number;
  readonly size?: number;
  readonly dtype?: 'f32' | 'f16' | 'bf16';
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

/** Longer sides than any model's. */
const MOST_RANK = 2 ** 20;

export function addExtractLora(program: Command, run: Run): void {
  withEngine(
    command(
      program,
      'extract-lora <model>',
      'write the LoRA adapter (PEFT) that is nearest to a fine-tuned or merged model, or to a task of a .tvq file',
    ),
  )
    .option('--base <path>', 'base model that the adapter is for: a file of weights or a folder')
    .option('--task <name>', 'task of a .tvq file (not needed where there is one)')
    .option('-o, --output <folder>', 'folder to write')
    .option(
      '--rank <r>',
      'rank of each module; with --energy or --size, the highest (512)',
      parseWhole(1, MOST_RANK),
    )
    .option(
      '--energy <share>',
      "lowest rank that holds this part of each module's squared change",
      parseNumber,
    )
    .addOption(
      new Option('--size <bytes>', 'size of the file, spent where it holds most of the change').argParser(
        parseBytes,
      ),
    )
    .addOption(
      new Option('--dtype <name>', "dtype of the factors (default: the base's, if it has 16 bits)").choices([
        'f32',
        'f16',
        'bf16',
      ]),
    )
    .option('--include <regex>', 'only tensors whose name matches; repeat for more', collect)
    .option('--exclude <regex>', 'no tensors whose name matches; repeat for more', collect)
    .option('--dry-run', 'print the plan and write nothing')
    .option('--overwrite', 'replace an existing output')
    .action((source: string, options: ExtractOptions) => run(signal => act(source, options, signal)));
}

async function act(source: string, options: ExtractOptions, signal: AbortSignal): Promise<number> {
  const { base, task, output, rank, energy, size, dtype, include, exclude, overwrite = false } = options;
  if (!base) throw new UserError('name the base model with --base PATH', 'usage');
  if (!output) throw new UserError('name the folder to write with -o FOLDER', 'usage');
  if (rank === undefined && energy === undefined && size === undefined)
    throw new UserError('say how near it should come: --rank R, --energy SHARE or --size BYTES', 'usage');
  const asked = {
    kind: 'extract',
    source,
    task,
    base,
    output,
    rank,
    energy,
    size,
    include,
    exclude,
    overwrite,
  };
  const recipe = parseExtractRecipe({ ...asked, dtype: dtype?.toUpperCase() }, EXTRACT_OPTIONS);
  if (options.dryRun) {
    const summary = wordedPlan(await planExtractSummary(recipe, runOptions(options)));
    printResult(options, summary, () => describePlan(summary));
    const { problems } = summary;
    warn(
      options,
      problems.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
    );
    refuseErrors(problems);
    return 0;
  }
  const line = progressLine(options);
  const hooks = { signal, onProgress: line.update };
  const result = await extractLora(recipe, runOptions(options), hooks).finally(line.clear);
  warn(options, result.warnings);
  printResult(options, result, () => describeResult(result));
  return statusOf(recipe, result);
}

const describePlan = ({ output, bytes, readBytes, memory, modules, leftOut }: ExtractPlanSummary): string =>
  table([
    ['output', output],
    ['modules', String(modules)],
    ['size', `up to ${formatBytes(bytes)}`],
    ...labelled('left out', leftOut.map(leftOutText)),
    ['reads', formatBytes(readBytes)],
    ['memory', `about ${formatBytes(memory)}`],
  ]);

function describeResult({
  output,
  bytes,
  modules,
  error,
  errorOfAll,
  leftOut,
  ...job
}: ExtractResult): string {
  const ranks = modules.map(({ rank }) => rank);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  return table([
    ['wrote', output],
    ['size', `${formatBytes(bytes)}, ${modules.length} modules`],
    ['rank', least === most ? String(least) : `${least} to ${most}`],
    ['error', `${percent(error)} of the change in these modules (squared), measured`],
    ...labelled(
      'left out',
      leftOut.map(
        one => `${leftOutText(one)}${one.share === null ? '' : `, ${percent(one.share)} of the change`}`,
      ),
    ),
    ...(leftOut.length > 0 ? [['in all', `${percent(errorOfAll)} of the change is not in the adapter`]] : []),
    ['time', formatSeconds(job.seconds)],
    ['backend', job.backendReason],
  ]);
}

const leftOutText = ({ tensors, why, names }: Omit<LeftOut, 'share'>): string =>
  `${tensors} ${why} (${names.join(', ')}${tensors > names.length ? ' …' : ''})`;

/** Small shares with their digits. */
const percent = (share: number): string =>
  share >= 0.001 || share === 0 ? formatPercent(share) : `${(100 * share).toPrecision(2)} %`;
