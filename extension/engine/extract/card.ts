/** The README.md of an extracted adapter: what it is of, how near it comes, and how to make it again. */
import { formatBytes, formatPercent } from '../../shared/format.ts';
import { extractCommand } from '../../shared/commandLine.ts';
import { codeBlock, escapeText, inlineCode, table } from '../../shared/markdown.ts';
import { TOOL } from '../../shared/version.ts';
import type { ExtractRecipe } from '../../protocol/recipes.ts';
import type { ExtractResult } from '../../protocol/results.ts';
import { licenceText } from '../merge/output/licence.ts';
import type { ModelSource } from '../merge/output/modelSource.ts';
import { printableYaml } from '../merge/output/printableYaml.ts';

export interface CardFacts extends Pick<
  ExtractResult,
  'modules' | 'error' | 'errorOfAll' | 'leftOut' | 'bytes'
> {
  /** Name of the output folder. */
  readonly name: string;
  readonly base: ModelSource;
  readonly tuned: ModelSource;
  readonly task: string | undefined;
  readonly recipe: ExtractRecipe;
  readonly created: Date;
}

export const adapterCard = (facts: CardFacts): string =>
  [
    `---\n${frontMatter(facts)}---`,
    `# ${escapeText(facts.name)}`,
    `A LoRA adapter of ${escapeText(facts.base.name)}, extracted from ${originOf(facts)} by singular value decomposition with TVQ Studio. Nothing was trained. The strength is that of the change itself (α = rank).`,
    `## How near it comes\n\n${summary(facts)}`,
    leftOutText(facts),
    licenceTextOf(facts),
    `## Command\n\n${codeBlock(extractCommand(facts.recipe), 'sh')}`,
    `Written by ${escapeText(TOOL)} on ${facts.created.toISOString()}.`,
  ]
    .filter(part => part !== '')
    .join('\n\n') + '\n';

const originOf = ({ tuned, task }: CardFacts): string =>
  task === undefined ? escapeText(tuned.name) : `task ${escapeText(task)} of ${escapeText(tuned.name)}`;

function frontMatter({ base, tuned }: CardFacts): string {
  const licence = sameLicence(base, tuned);
  return printableYaml({
    ...(licence !== undefined && { license: licence }),
    library_name: 'peft',
    ...(base.hubIds.length > 0 && { base_model: base.hubIds[0], base_model_relation: 'adapter' }),
    tags: ['lora', 'tvq-studio'],
  });
}

/** The id of a licence that both state. */
function sameLicence({ licence: a }: ModelSource, { licence: b }: ModelSource): string | undefined {
  const [first, ...others] = a?.ids ?? [];
  return first !== undefined && others.length === 0 && b?.ids.join() === first ? first : undefined;
}

function licenceTextOf({ base, tuned }: CardFacts): string {
  const stated = [base, tuned].map(
    ({ name, licence }) => `${name}: ${licence ? licenceText(licence) : 'not stated'}`,
  );
  return `## Licence\n\n${escapeText(`${stated.join('; ')}. The adapter is bound by both.`)}`;
}

/** Modules that are listed: those that lose most. */
const LISTED = 10;

function summary({ modules, error, errorOfAll, bytes }: CardFacts): string {
  const ranks = modules.map(({ rank }) => rank);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  const worst = modules.toSorted((a, b) => b.error * b.share - a.error * a.share).slice(0, LISTED);
  return [
    table(
      ['', ''],
      [
        ['Modules', String(modules.length)],
        ['Rank', least === most ? String(least) : `${least} to ${most}`],
        ['Size', formatBytes(bytes)],
        ['Error in these modules, ‖Δ − BA‖² / ‖Δ‖²', formatPercent(error)],
        ['Error in all that changed', formatPercent(errorOfAll)],
      ],
    ),
    'The errors are measured with the factors as they are written. Most is lost in:',
    table(
      ['Module', 'Rank', 'Share of the change', 'Error'],
      worst.map(({ name, rank, error: own, share }) => [
        inlineCode(name),
        String(rank),
        formatPercent(share),
        formatPercent(own),
      ]),
    ),
  ].join('\n\n');
}

function leftOutText({ leftOut }: CardFacts): string {
  if (leftOut.length === 0) return '';
  const rows = leftOut.map(({ why, tensors, names, share }) => [
    escapeText(why),
    String(tensors),
    names.map(inlineCode).join(', '),
    share === null ? 'unknown' : formatPercent(share),
  ]);
  return `## Not in the adapter\n\n${table(['What', 'Tensors', 'Such as', 'Share of the change'], rows)}`;
}
