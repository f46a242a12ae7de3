import type { MergeMethodInfo, MergeParameter } from '../../../protocol/recipes.ts';

const FAMILIES = [
  ['vectors', 'On task vectors'],
  ['models', 'On whole models'],
  ['spectral', 'Spectral'],
] as const;

const rangeOf = ({ type, minimum, maximum, choices }: MergeParameter): string =>
  type === 'choice'
    ? (choices ?? []).join(', ')
    : type === 'boolean'
      ? 'true, false'
      : `${minimum} to ${maximum}`;

const describe = ({ name, title, meaning, variant, parameters }: MergeMethodInfo): string => {
  const rows = parameters.map(
    parameter =>
      `| \`${parameter.name}\` | ${String(parameter.default)} | ${rangeOf(parameter)} | ${parameter.meaning}${parameter.perInput ? 'One per input.' : ''} |`,
  );
  const table = rows.length
    ? ['', '| parameter | default | range | meaning |', '| --- | --- | --- | --- |', ...rows]
    : [];
  return [`### \`${name}\`: ${title}`, '', meaning, '', variant, ...table].join('\n');
};

const NOT_NUMBERS =
  'Outputs are checked as they are written. A value outside the range of the dtype (beyond ±65504 in float16), or one that became NaN or infinite on the way, stops the merge, which names the tensor; nothing is published. With `--allow-nonfinite` (in VS Code, the setting `tvq.allowNonfinite`) such values are written, counted in a warning and, by tensor, in `merge-report.json`. NaN and infinity in an input are refused; with `--allow-nonfinite` plain sums (`linear`, `task_arithmetic`) compute with them, while every other method still refuses them, because one such value would affect other weights. Tensors that are copied are copied bit for bit.';

const STATISTICS =
  "Running statistics of normalisation layers (`running_mean`, `running_var`; `moving_mean`, `moving_variance`) are not weights: whatever the method, they are averaged with its effective weights, so that a variance never turns negative. Input i has the share max(0, scale·wᵢ), with gradients and LiNeS at the tensor's place; the weights are divided by their sum where the method takes a mean, and are equal where it has none (`karcher`, `nearswap`, `arcee_fusion`, `model_stock`, `sce`, `iso_c`, `tsv_m`); `slerp` has 1 − t and t. With methods on task vectors the base has what is missing to 1, and the shares are normalised. Where the method's own result is such a mean, it is the same. `emr` writes each task's own statistics. None of their values is dropped. A variance below 0, of a damaged or quantized input, is written as 0, with a warning. `num_batches_tracked` is copied.";

/** docs/merge-methods.md, made from the registry. */
export function methodsPage(methods: readonly MergeMethodInfo[]): string {
  const sections = FAMILIES.flatMap(([family, heading]) => {
    const members = methods.filter(method => method.family === family);
    return members.length ? [`## ${heading}`, ...members.map(describe)] : [];
  });
  const intro =
    'Every method of `tvq merge --method NAME`, with its parameters (`--param NAME=VALUE`; `--weight INPUT=VALUE` for one input). A list of numbers is a gradient over the layers. All arithmetic is float32; the same recipe gives the same bytes on every backend and with any number of threads. This page is made from the registry: `UPDATE_DOCS=1 npx vitest run --project unit test/unit/engine/methodsPage.test.ts`.';
  return `# Merge methods\n\n${[intro, NOT_NUMBERS, STATISTICS, ...sections].join('\n\n')}\n`;
}
