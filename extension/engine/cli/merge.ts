import { Option, type Command } from 'commander';
import type { MergeInput, MergeRecipe, NamedPath, ParameterScalar } from '../../protocol/recipes.ts';
import { ON_MISMATCH } from '../../shared/mismatch.ts';
import { SHARD_BYTES } from '../../shared/shardBytes.ts';
import { merge, planMergeSummary } from '../engine.ts';
import { UserError } from '../../shared/errors.ts';
import type { MergeMethod } from '../merge/methods/method.ts';
import { readRecipeFile } from '../merge/recipe/recipeFile.ts';
import { METHODS, methodNamed } from '../merge/methods/registry.ts';
import { parseMergeRecipe } from '../../protocol/recipeSchemas.ts';
import { refuseErrors } from '../scheduler/runPlanned.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { allTaskNames } from '../../formats/tvq/task.ts';
import { describePlan, describeResult } from './describeMerge.ts';
import {
  command,
  runOptions,
  withEngine,
  withNames,
  type EngineOptions,
  type NameOptions,
  type Run,
} from './options.ts';
import { DTYPE_CHOICES } from './dtypeOption.ts';
import { collect, finiteNumber, parseBytes, parseTask } from './parse.ts';
import { MERGE_OPTIONS } from './recipeOptions.ts';
import { statusOf } from './status.ts';
import { printResult, progressLine, warn, wordedPlan } from './terminal.ts';

interface MergeOptions extends EngineOptions, NameOptions {
  readonly base?: string;
  readonly task?: readonly NamedPath[];
  readonly method?: string;
  readonly param?: readonly string[];
  readonly weight?: readonly string[];
  readonly lines?: string;
  readonly compare?: readonly NamedPath[];
  readonly recipe?: string;
  readonly output?: string;
  readonly dtype?: string;
  readonly onMismatch?: MergeRecipe['onMismatch'];
  readonly shardSize?: number;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly resume?: boolean;
  readonly allowNonfinite?: boolean;
}

export function addMerge(program: Command, run: Run): void {
  withNames(
    withEngine(
      command(program, 'merge [file.tvq...]', 'merge models, or tasks of .tvq files, into one model'),
    ),
  )
    .option('--base <path>', 'base model: a file of weights or a folder')
    .option('--task <name=path>', 'checkpoint to merge; repeat for more', parseTask)
    .option('--method <name>', 'merge method (see below)')
    .option(
      '--param <key=value>',
      'parameter of the method; a list 0.2,0.8 is a gradient over the layers',
      collect,
    )
    .option('--weight <name=x>', 'weight of one input; repeat for more', collect)
    .option('--lines <alpha,beta>', 'LiNeS: scale from alpha in the first block to alpha + beta in the last')
    .option(
      '--compare <name=path>',
      'checkpoint that a task of a .tvq file was made from; one for each reports the difference from full precision',
      parseTask,
    )
    .option('--recipe <file.yml>', 'read everything from a recipe (mergekit schema)')
    .option('-o, --output <path>', 'folder, or .safetensors or .gguf file, to write')
    .addOption(
      new Option('--dtype <name>', "type to write (default: the base's dtype)").choices(DTYPE_CHOICES),
    )
    .addOption(
      new Option(
        '--on-mismatch <way>',
        "what to do with tensors that some model lacks or has in a different shape: stop; keep the base's; take them from the first input that has them; merge those with other numbers of rows in the base's size; leave them out",
      ).choices(ON_MISMATCH.map(({ name }) => name)),
    )
    .addOption(
      new Option('--shard-size <size>', 'maximum size of a weight file (default: 5GB)').argParser(parseBytes),
    )
    .option('--dry-run', 'print the plan and write nothing')
    .option('--overwrite', 'replace an existing output')
    .option('--resume', 'reuse the finished shards of an interrupted run')
    .option('--allow-nonfinite', 'write NaN and infinity where they occur, and count them')
    .addHelpText('after', () => `\nMethods and their parameters:\n${describeMethods()}`)
    .action((files: string[], options: MergeOptions) => run(signal => act(files, options, signal)));
}

async function act(files: readonly string[], options: MergeOptions, signal: AbortSignal): Promise<number> {
  const recipe = parseMergeRecipe(await recipeOf(files, options), MERGE_OPTIONS);
  if (options.dryRun) {
    const summary = wordedPlan(await planMergeSummary(recipe, runOptions(options)));
    printResult(options, summary, () => describePlan(recipe, summary));
    const { problems } = summary;
    warn(
      options,
      problems.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
    );
    refuseErrors(problems);
    return 0;
  }
  const line = progressLine(options);
  const hooks = { signal, onProgress: line.update, keepFinished: true };
  const result = await merge(recipe, runOptions(options), hooks).finally(line.clear);
  warn(options, result.warnings);
  printResult(options, result, () => describeResult(result));
  return statusOf(recipe, result);
}

async function recipeOf(files: readonly string[], options: MergeOptions): Promise<MergeRecipe> {
  const { output, overwrite = false, resume = false, allowNonfinite, compare = [] } = options;
  if (!output) throw new UserError('name the folder or file to write with -o PATH', 'usage');
  const dtype = options.dtype?.toUpperCase() as MergeRecipe['dtype'];
  const { onMismatch, map, shardSize: shardBytes } = options;
  const common = { output, overwrite, resume, allowNonfinite, shardBytes, compare, dtype, onMismatch, map };
  if (options.recipe !== undefined) {
    const { base, task, method, param, weight, lines } = options;
    const beside = Object.entries({ base, task, method, param, weight, lines }).flatMap(([name, given]) =>
      given === undefined ? [] : [`--${name}`],
    );
    if (files.length > 0) beside.push(...files);
    if (beside.length > 0)
      throw new UserError(`--recipe says what is merged; leave out ${beside.join(', ')}`, 'usage');
    return readRecipeFile(options.recipe, common, note => warn(options, [note]));
  }
  if (!options.method) {
    throw new UserError(
      `name a method with --method: ${METHODS.map(({ name }) => name).join(', ')}`,
      'usage',
    );
  }
  const method = methodNamed(options.method);
  const tasks = (options.task ?? []).map(({ name, path }): MergeInput => ({ name, path, task: undefined }));
  const inputs = [...tasks, ...(await Promise.all(files.map(tasksOf))).flat()];
  if (inputs.length === 0)
    throw new UserError('name what to merge: --task NAME=PATH, or .tvq files', 'usage');
  const weights = new Map(once('--weight', options.weight, text => weightOf(text, inputs)));
  return {
    kind: 'merge',
    base: options.base,
    inputs,
    method: method.name,
    parameters: Object.fromEntries(once('--param', options.param, text => parameterOf(text, method))),
    inputParameters: inputs.map(({ name }): Record<string, number> => {
      const weight = weights.get(name);
      return weight === undefined ? {} : { weight };
    }),
    lines: options.lines === undefined ? undefined : linesOf(options.lines),
    text: undefined,
    ...common,
    shardBytes: options.shardSize ?? SHARD_BYTES,
    onMismatch: onMismatch ?? 'error',
    allowNonfinite: allowNonfinite ?? false,
  };
}

/** All tasks of a .tvq file, as inputs. */
async function tasksOf(path: string): Promise<MergeInput[]> {
  return allTaskNames(await openTvq(path)).map(name => ({ name, path, task: name }));
}

/** @throws UserError when two of the texts have the same name */
function once<T>(
  flag: string,
  texts: readonly string[] = [],
  parse: (text: string) => [string, T],
): [string, T][] {
  const given = new Map<string, string>();
  return texts.map(text => {
    const [name, value] = parse(text);
    const earlier = given.get(name);
    if (earlier !== undefined)
      throw new UserError(`${flag} ${text}: ${name} is given twice, first as ${earlier}`, 'usage');
    given.set(name, text);
    return [name, value];
  });
}

function split(text: string, flag: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UserError(`${flag} ${text}: NAME=VALUE was expected`, 'usage');
  return [text.slice(0, at), text.slice(at + 1)];
}

function parameterOf(text: string, method: MergeMethod): [string, ParameterScalar] {
  const [name, value] = split(text, '--param');
  const known = method.parameters.find(parameter => parameter.name === name);
  if (known?.type === 'boolean' && /^(true|false)$/.test(value)) return [name, value === 'true'];
  if (known?.type === 'choice') return [name, value];
  const numbers = value.split(',').flatMap(part => finiteNumber(part) ?? []);
  if (numbers.length < value.split(',').length) return [name, value]; // the method's own check names what was expected
  return [name, numbers.length === 1 ? (numbers[0] as number) : numbers];
}

function weightOf(text: string, inputs: readonly MergeInput[]): [string, number] {
  const [name, value] = split(text, '--weight');
  if (!inputs.some(input => input.name === name)) {
    throw new UserError(
      `--weight ${text}: there is no input "${name}"; the inputs are ${inputs.map(input => input.name).join(', ')}`,
      'usage',
    );
  }
  const weight = finiteNumber(value);
  if (weight === undefined) throw new UserError(`--weight ${text}: a number was expected`, 'usage');
  return [name, weight];
}

function linesOf(text: string): { alpha: number; beta: number } {
  const [alpha, beta, ...more] = text.split(',').map(finiteNumber);
  if (alpha === undefined || beta === undefined || more.length > 0) {
    throw new UserError(`--lines ${text}: ALPHA,BETA was expected, for example 0.2,0.8`, 'usage');
  }
  return { alpha, beta };
}

const describeMethods = (): string =>
  METHODS.map(({ name, meaning, parameters }) =>
    [
      `  ${name.padEnd(16)} ${meaning}`,
      ...parameters.map(
        parameter => `    ${`${parameter.name} (${parameter.default})`.padEnd(22)} ${parameter.meaning}`,
      ),
    ].join('\n'),
  ).join('\n');
