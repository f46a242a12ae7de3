/** Nodes of the checkpoint tree and how each is shown. */
import { basename } from 'node:path';
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, Uri } from 'vscode';
import { groupByArchitecture, proposeBase } from '../../formats/discover.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import { printable, shown } from '../../shared/printable.ts';
import type { Failure, Snapshot } from '../checkpointSearch.ts';
import { describeCheckpoint, displayPath } from '../describe.ts';
import { tellingNames } from '../../shared/tellingNames.ts';
import { commonFolder } from '../commonFolder.ts';
import type { SizedFile, UnopenedModel } from '../unopenedModels.ts';
import { paragraphs } from '../ui/facts.ts';

/** Every node names the files it stands for, so that commands can use it like an explorer selection. */
interface NodeBase {
  readonly paths: readonly string[];
  readonly children?: readonly Node[];
}

export interface CheckpointNode extends NodeBase {
  readonly kind: 'checkpoint';
  readonly label: string;
  readonly checkpoint: CheckpointSummary;
  readonly isBase: boolean;
}

export interface TvqNode extends NodeBase {
  readonly kind: 'tvq';
  readonly label: string;
  readonly entry: SizedFile;
}

export interface GroupNode extends NodeBase {
  readonly kind: 'group';
  readonly label: string;
  readonly description: string;
  readonly expanded: boolean;
  /** Whether its files can be quantized together. */
  readonly quantizable: boolean;
}

export interface FailureNode extends NodeBase {
  readonly kind: 'failure';
  readonly failure: Failure;
}

/** A model known only by its name and size. */
export interface UnopenedNode extends NodeBase {
  readonly kind: 'unopened';
  readonly model: UnopenedModel;
}

/** Where the search stopped. */
export interface StopNode extends NodeBase {
  readonly kind: 'stop';
  readonly message: string;
}

export type Node = CheckpointNode | TvqNode | GroupNode | FailureNode | UnopenedNode | StopNode;

/** One architecture: its checkpoints at the top; several: one group each. Then .tvq files, then what failed. */
export function nodesOf({ checkpoints, tvqFiles, failures, unopened, stops }: Snapshot): Node[] {
  const groups = groupByArchitecture(checkpoints);
  return [
    ...(groups.length === 1 ? groups.flatMap(checkpointNodes) : groups.map(architectureGroup)),
    ...unopened.map((model): UnopenedNode => ({ kind: 'unopened', model, paths: [model.path] })),
    ...(tvqFiles.length > 0 ? [tvqGroup(tvqFiles)] : []),
    ...(failures.length > 0 ? [failureGroup(failures)] : []),
    ...stops.map((message): StopNode => ({ kind: 'stop', message, paths: [] })),
  ];
}

/** The likely base first, then by path. */
function checkpointNodes(group: readonly CheckpointSummary[]): CheckpointNode[] {
  const base = proposeBase(group);
  const names = tellingNames(group);
  const nodes = group.map((checkpoint): CheckpointNode => ({
    kind: 'checkpoint',
    label: names.get(checkpoint) ?? checkpoint.name,
    checkpoint,
    isBase: checkpoint === base,
    paths: [checkpoint.path],
  }));
  return nodes.sort((a, b) => Number(b.isBase) - Number(a.isBase));
}

function architectureGroup(group: readonly CheckpointSummary[]): GroupNode {
  const [first] = group;
  return {
    kind: 'group',
    label:
      labelOf(first) ??
      (first?.tensors === 1 ? l10n.t('1 tensor') : l10n.t('{0} tensors', first?.tensors ?? 0)),
    // Two groups of one model type differ in shapes: size and folder distinguish them.
    description: [
      ...(first?.adapter === undefined
        ? [l10n.t('{0} × {1}', group.length, formatCount(first?.parameters ?? 0))]
        : []),
      displayPath(commonFolder(group.map(({ path }) => path))),
    ].join(' · '),
    expanded: true,
    quantizable: group.length > 1,
    children: checkpointNodes(group),
    paths: group.map(({ path }) => path),
  };
}

const labelOf = (first: CheckpointSummary | undefined): string | undefined =>
  first?.adapter === undefined ? first?.model : l10n.t('Adapters');

function tvqGroup(entries: readonly SizedFile[]): GroupNode {
  const named = entries.map(entry => ({ name: basename(entry.path), path: entry.path, entry }));
  const labels = tellingNames(named);
  return {
    kind: 'group',
    label: l10n.t('Quantized'),
    description: formatBytes(entries.reduce((sum, { bytes }) => sum + bytes, 0)),
    expanded: true,
    quantizable: false,
    children: named.map(one => ({
      kind: 'tvq',
      label: labels.get(one) ?? one.name,
      entry: one.entry,
      paths: [one.path],
    })),
    paths: [],
  };
}

/** Collapsed where it would push everything else out of sight. */
function failureGroup(failures: readonly Failure[]): GroupNode {
  return {
    kind: 'group',
    label: l10n.t('Unreadable'),
    description: String(failures.length),
    expanded: failures.length < 4,
    quantizable: false,
    children: failures.map(failure => ({ kind: 'failure', failure, paths: [] })),
    paths: [],
  };
}

/** What the tree shows of a node; its tooltip comes later. Labels and descriptions are text to VS Code, without icons. */
export function treeItemOf(node: Node): TreeItem {
  const item = itemOf(node);
  for (const part of ['label', 'description', 'tooltip'] as const) {
    const text = item[part];
    if (typeof text === 'string') item[part] = shown(text);
  }
  return item;
}

function itemOf(node: Node): TreeItem {
  switch (node.kind) {
    case 'checkpoint': {
      const item = new TreeItem(node.label);
      const size = describeCheckpoint(node.checkpoint);
      item.description = node.isBase ? `${l10n.t('base')} · ${size}` : size;
      item.iconPath = new ThemeIcon(node.isBase ? 'star-full' : 'file-binary');
      item.contextValue = 'checkpoint';
      return item;
    }
    case 'tvq': {
      const { path, bytes } = node.entry;
      const item = new TreeItem(node.label);
      item.description = formatBytes(bytes);
      item.iconPath = new ThemeIcon('package');
      item.contextValue = 'tvq';
      item.command = { command: 'tvq.openInspector', title: l10n.t('Open'), arguments: [Uri.file(path)] };
      return item;
    }
    case 'group': {
      const item = new TreeItem(
        node.label,
        node.expanded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
      );
      item.description = node.description;
      item.contextValue = node.quantizable ? 'group' : undefined;
      return item;
    }
    case 'unopened': {
      const { path, bytes } = node.model;
      const item = new TreeItem(basename(path));
      item.description = formatBytes(bytes);
      item.tooltip = paragraphs([displayPath(path), l10n.t('Not opened: the workspace is not trusted.')]);
      item.iconPath = new ThemeIcon('lock');
      return item;
    }
    case 'stop': {
      const item = new TreeItem(l10n.t('Not all is shown'));
      item.description = node.message;
      item.tooltip = paragraphs([node.message]);
      item.iconPath = new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
      return item;
    }
    case 'failure': {
      const { path, message } = node.failure;
      const item = new TreeItem(basename(path));
      item.description = message.replace(`${printable(path)}: `, '');
      item.tooltip = paragraphs([displayPath(path), item.description]);
      item.iconPath = new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
      return item;
    }
  }
}
