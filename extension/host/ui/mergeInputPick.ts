/** The step that chooses what is merged: checkpoints, and tasks of .tvq files. */
import { basename, dirname } from 'node:path';
import { l10n } from 'vscode';
import { groupByArchitecture } from '../../formats/discover.ts';
import { formatBytes, formatPercent } from '../../shared/format.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { tellingNames } from '../../shared/tellingNames.ts';
import { describeScheme, displayPath } from '../describe.ts';
import { checkpointsOf } from '../merge/draft.ts';
import {
  checkpointSource,
  mergeSources,
  sourceId,
  type MergeSource,
  type TaskSource,
} from '../merge/sources.ts';
import { browse, checkpointItems } from './checkpointPicks.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

interface SourceItem extends PickItem {
  readonly source?: MergeSource;
}

export interface ChosenInputs {
  readonly known: readonly MergeSource[];
  readonly inputs: readonly MergeSource[];
}

/** @param browseSources the sources in a folder that the user chooses; empty when cancelled */
export async function pickInputs(
  at: Position,
  { known, inputs }: ChosenInputs,
  browseSources: () => Promise<readonly MergeSource[]>,
): Promise<ChosenInputs | 'back' | 'cancel'> {
  for (;;) {
    const checked = new Set(inputs.map(sourceId));
    const isChecked = ({ source }: SourceItem) => source !== undefined && checked.has(sourceId(source));
    const answer = await pick<SourceItem>({
      at,
      placeholder:
        known.length > 0
          ? l10n.t('Checkpoints, and tasks of .tvq files, to merge')
          : l10n.t('This workspace has no checkpoint and no .tvq file: browse for one'),
      items: itemsOf(known, isChecked),
      checked: isChecked,
      button: browse,
      validate: chosen => (chosen.length > 0 ? undefined : l10n.t('Check what to merge')),
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    if (answer !== 'button') return { known, inputs: answer.flatMap(({ source }) => source ?? []) };
    const added = await browseSources();
    known = mergeSources(known, added);
    inputs = mergeSources(inputs, added);
  }
}

/** One group per architecture and per .tvq file; those with something checked come first. */
function itemsOf(known: readonly MergeSource[], isChecked: (item: SourceItem) => boolean): SourceItem[] {
  const tasks = known.filter(source => source.task !== undefined);
  const files = [...new Set(tasks.map(({ path }) => path))].map(path => ({ name: basename(path), path }));
  const labels = new Map([...tellingNames(files)].map(([{ path }, label]) => [path, label]));
  const groups = [
    ...groupByArchitecture(checkpointsOf(known)).map(checkpointGroup),
    ...[...groupBy(tasks, ({ path }) => path)].map(([path, group]) =>
      taskGroup(group, labels.get(path) ?? path),
    ),
  ];
  return [
    ...groups.filter(group => group.some(isChecked)),
    ...groups.filter(group => !group.some(isChecked)),
  ].flat();
}

function checkpointGroup(group: readonly CheckpointSummary[]): SourceItem[] {
  const [first] = group;
  const label = first?.adapter === undefined ? first?.model : l10n.t('Adapters');
  const items = checkpointItems(group).map(({ checkpoint, ...item }) => ({
    ...item,
    source: checkpoint && checkpointSource(checkpoint),
  }));
  return [heading(label ?? l10n.t('Checkpoints')), ...items];
}

function taskGroup(tasks: readonly TaskSource[], name: string): SourceItem[] {
  const items = tasks.map(source => ({ label: source.task, ...describeTask(source, name), source }));
  const [first] = tasks;
  if (first === undefined) return [];
  return [heading(`${name} · ${describeScheme(first.file)}`), ...items];
}

function describeTask(
  { path, task, file }: TaskSource,
  name: string,
): Pick<PickItem, 'description' | 'detail'> {
  const vector = file.tasks.find(one => one.name === task);
  const error = vector?.relativeError;
  return {
    description: [
      l10n.t('task of {0}', name),
      ...(vector ? [formatBytes(vector.bytes)] : []),
      ...(error === undefined ? [] : [l10n.t('error {0}', formatPercent(error))]),
    ].join(' · '),
    detail: l10n.t('in {0} · base model {1}', displayPath(dirname(path)), file.base.name),
  };
}
