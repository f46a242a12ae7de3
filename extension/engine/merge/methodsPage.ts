import type { MergeMethodInfo, MergeParameter } from '../../protocol.ts';

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
      `| \`${parameter.name}\` | ${String(parameter.default)} | ${rangeOf(parameter)} | ${parameter.meaning}${parameter.perInput ? ' One an input.' : ''} |`,
  );
  const table = rows.length
    ? ['', '| parameter | default | range | meaning |', '| --- | --- | --- | --- |', ...rows]
    : [];
  return [`### \`${name}\`: ${title}`, '', meaning, '', variant, ...table].join('\n');
};

/** docs/merge-methods.md, made from the registry. */
export function methodsPage(methods: readonly MergeMethodInfo[]): string {
  const sections = FAMILIES.flatMap(([family, heading]) => {
    const members = methods.filter(method => method.family === family);
    return members.length ? [`## ${heading}`, ...members.map(describe)] : [];
  });
  const intro =
    'Every method of `tvq merge --method NAME`, with its parameters (`--param NAME=VALUE`; `--weight INPUT=VALUE` for one input). A list of numbers is a gradient over the layers. All arithmetic is float32; the same recipe gives the same bytes on every backend and with any number of threads. This page is made from the registry: `UPDATE_DOCS=1 npx vitest run --project unit test/unit/engine/methodsPage.test.ts`.';
  return `# Merge methods\n\n${intro}\n\n${sections.join('\n\n')}\n`;
}
