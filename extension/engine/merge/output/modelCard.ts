/** The README.md of a merged model: what the Hub expects of a model card, and how to make the model again. */
import { parse } from 'yaml';
import type {
  MergeMethodInfo,
  MergeParameter,
  MergeRecipe,
  ParameterValue,
} from '../../../protocol/recipes.ts';
import { formatBytes } from '../../../shared/format.ts';
import { formatValue } from '../../../shared/mergeParameters.ts';
import { TOOL } from '../../../shared/version.ts';
import { combineLicences, licenceText } from './licence.ts';
import { printableLines } from '../../../shared/printable.ts';
import { codeBlock, escapeText, inlineCode, table } from '../../../shared/markdown.ts';
import { isRules } from '../recipe/parameters.ts';
import type { ModelSource } from './modelSource.ts';
import { printableYaml } from './printableYaml.ts';
import type { WrittenFile } from './writtenFile.ts';

export interface CardInput {
  readonly source: ModelSource;
  /** Of the weights that were read. */
  readonly fingerprint: string;
}

export interface ModelCardInfo {
  /** Name of the output folder. */
  readonly name: string;
  readonly recipe: MergeRecipe;
  /** The recipe as YAML, word for word. */
  readonly recipeText: string;
  readonly method: MergeMethodInfo;
  readonly base: CardInput | undefined;
  /** In the order of `recipe.inputs`. */
  readonly inputs: readonly CardInput[];
  /** Dtype of the merged weights, as it was written. */
  readonly dtype: string;
  readonly files: readonly WrittenFile[];
  readonly created: Date;
}

export function modelCard(info: ModelCardInfo): string {
  const count = info.inputs.length;
  const what =
    `This is a merge of ${count} ${count === 1 ? 'model' : 'models'} by ${escapeText(info.method.title)}, ` +
    'made with TVQ Studio. Nothing was trained.';
  return (
    [
      `---\n${frontMatter(info)}---`,
      `# ${escapeText(info.name)}`,
      what,
      methodSection(info),
      `## Inputs\n\n${inputTable(info)}`,
      licenceSection(info),
      `## Recipe\n\nPaths start at this folder.\n\n${codeBlock(shownRecipe(info.recipeText), 'yaml')}`,
      `## Files\n\n${fileTable(info.files)}`,
      `Written by ${escapeText(TOOL)} on ${info.created.toISOString()}.`,
    ].join('\n\n') + '\n'
  );
}

/** Word for word if it is printable; else the same recipe written again, because escapes need double quotes. */
function shownRecipe(text: string): string {
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  return printableLines(plain) === plain ? plain : printableYaml(parse(plain, { logLevel: 'error' }));
}

const sourcesOf = ({ base, inputs }: ModelCardInfo): ModelSource[] =>
  [...(base ? [base] : []), ...inputs].map(({ source }) => source);

function frontMatter(info: ModelCardInfo): string {
  const sources = sourcesOf(info);
  const models = [...new Set(sources.flatMap(({ hubIds }) => hubIds))];
  const { common } = combineLicences(sources);
  return printableYaml({
    ...(common && {
      license: common.ids.length === 1 ? common.ids[0] : common.ids,
      ...(common.name !== undefined && { license_name: common.name }),
      ...(common.link !== undefined && { license_link: common.link }),
    }),
    ...(info.files.some(({ name }) => name === 'config.json') && { library_name: 'transformers' }),
    ...(models.length > 0 && { base_model: models, base_model_relation: 'merge' }),
    tags: ['merge', 'tvq-studio'],
  });
}

function methodSection({ method, recipe, dtype }: ModelCardInfo): string {
  const rows = method.parameters
    .filter(({ perInput }) => !perInput)
    .map(parameter => {
      const given = recipe.parameters[parameter.name];
      const value = given === undefined ? `${valueText(parameter.default)} (default)` : valueText(given);
      return [inlineCode(parameter.name), escapeText(value), escapeText(parameter.meaning)];
    });
  const { lines } = recipe;
  if (lines) {
    const value = `alpha ${lines.alpha}, beta ${lines.beta}`;
    rows.push([
      inlineCode('lines'),
      value,
      'LiNeS: the merged task vector is scaled from alpha in the first block to alpha + beta in the last.',
    ]);
  }
  rows.push([inlineCode('dtype'), escapeText(dtype), 'Dtype of the merged weights.']);
  return [
    '## Method',
    `${inlineCode(method.name)}: ${escapeText(method.meaning)}`,
    escapeText(method.variant),
    table(['Parameter', 'Value', 'Meaning'], rows),
  ].join('\n\n');
}

/** One row per input: what it is, its fingerprint, and its own parameters. */
function inputTable({ method, recipe, base, inputs }: ModelCardInfo): string {
  const own = method.parameters.filter(({ perInput }) => perInput);
  const head = [
    'Input',
    'Model',
    'Task',
    'Fingerprint',
    'Licence',
    ...own.map(({ name }) => inlineCode(name)),
  ];
  const row = (
    { source, fingerprint }: CardInput,
    task = '',
    values: readonly string[] = own.map(() => ''),
  ) => [
    escapeText(source.name),
    source.hubIds.map(inlineCode).join(', ') + (source.revision ? ` at ${inlineCode(source.revision)}` : ''),
    escapeText(task),
    inlineCode(fingerprint),
    source.licence ? escapeText(licenceText(source.licence)) : 'not stated',
    ...values.map(escapeText),
  ];
  const rows = inputs.map((input, i) => {
    const values = own.map(parameter => ownValue(parameter, recipe, i));
    return row(input, recipe.inputs[i]?.task, values);
  });
  return table(head, base ? [row(base), ...rows] : rows);
}

function ownValue({ name, default: standard }: MergeParameter, recipe: MergeRecipe, input: number): string {
  const given = recipe.inputParameters[input]?.[name] ?? recipe.parameters[name];
  return given === undefined ? `${valueText(standard)} (default)` : valueText(given);
}

/** `0.5`; `[0, 0.5, 1]`; `0.3 where "mlp" occurs, else 1`. */
function valueText(value: ParameterValue): string {
  if (!isRules(value)) return formatValue(value);
  return value
    .map(({ filter, value: ruled }) =>
      filter === undefined || filter === '*'
        ? `else ${valueText(ruled)}`
        : `${valueText(ruled)} where ${JSON.stringify(filter)} occurs`,
    )
    .join(', ');
}

function licenceSection(info: ModelCardInfo): string {
  const sources = sourcesOf(info);
  const { common, warning } = combineLicences(sources);
  const silent = sources.filter(({ licence }) => !licence).map(({ name }) => name);
  const text = common
    ? `All inputs are under ${licenceText(common)}; it is carried over.`
    : (warning ??
      `Not stated by ${silent.join(', ')}; the merged model is bound by what applies to each input.`);
  return `## Licence\n\n${escapeText(text.charAt(0).toUpperCase() + text.slice(1))}`;
}

const fileTable = (files: readonly WrittenFile[]): string =>
  table(
    ['File', 'Size', 'SHA-256'],
    files.map(({ name, bytes, sha256 }) => [inlineCode(name), formatBytes(bytes), inlineCode(sha256)]),
  );
