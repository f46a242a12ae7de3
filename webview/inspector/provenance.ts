import * as l10n from '@vscode/l10n';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import { el } from '../common/dom.ts';
import { formatDate } from '../common/format.ts';

/** Lines of a recipe that are shown; the command line has all of them. */
const MAX_LINES = 200;

type Line = readonly [name: string, value: string];

/** A recipe as lines: plain values with their paths, lists of them on one line. The file can contain anything. */
export function recipeLines(recipe: unknown, path = ''): Line[] {
  if (recipe === null || recipe === undefined) return [];
  if (typeof recipe !== 'object') return [[path || l10n.t('recipe'), plain(recipe)]];
  if (Array.isArray(recipe) && recipe.every(value => typeof value !== 'object' || value === null)) {
    return recipe.length > 0 ? [[path, recipe.map(plain).join(', ')]] : [];
  }
  return Object.entries(recipe).flatMap(([key, value]) => recipeLines(value, path ? `${path}.${key}` : key));
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function list(lines: readonly Line[]): HTMLElement {
  const entries = lines.map(([name, value]) => [el('dt', { text: name }), el('dd', { text: value })]);
  return el('dl', { class: 'facts' }, ...entries.flat());
}

/** Where the file comes from: what wrote it, from which checkpoints, and the requested settings. */
export function provenance({ tool, created, formatVersion, base, tasks, recipe }: TvqSummary): HTMLElement {
  const origin: Line[] = [
    [l10n.t('written by'), tool],
    [l10n.t('on'), formatDate(created)],
    [l10n.t('format'), l10n.t('.tvq version {0}', formatVersion)],
    [l10n.t('base model'), base.name],
    [l10n.t('fingerprint'), base.fingerprint],
  ];
  const made: Line[] = tasks.flatMap(({ name, checkpoint, fingerprint }): Line[] => [
    [name, checkpoint],
    [l10n.t('fingerprint'), fingerprint],
  ]);
  const asked = recipeLines(recipe);
  const rest = asked.length - MAX_LINES;
  if (rest > 0)
    asked.splice(MAX_LINES, rest, ['…', l10n.t('{0} more lines; tvq inspect --json has them all', rest)]);
  return el(
    'section',
    { class: 'provenance' },
    el('h2', { text: l10n.t('Provenance') }),
    list(origin),
    disclosure(l10n.t('Fine-tuned checkpoints ({0})', tasks.length), list(made)),
    ...(asked.length > 0 ? [disclosure(l10n.t('Recipe'), list(asked))] : []),
  );
}

const disclosure = (title: string, content: HTMLElement): HTMLElement =>
  el('details', {}, el('summary', { text: title }), content);
