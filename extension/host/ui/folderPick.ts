/** The step that chooses the folder for a merged model; nothing is ever replaced without asking. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { l10n, workspace } from 'vscode';
import { exists } from '../../files/exists.ts';
import { freeName } from '../../files/otherNames.ts';
import { isFileOutput } from '../../shared/outputForms.ts';
import { displayPath } from '../describe.ts';
import { ask } from './ask.ts';
import { browse, browseFolder } from './checkpointPicks.ts';
import type { PlanView } from './mergePlanView.ts';
import { askModal, notifyError } from './notify.ts';
import type { Output } from './outputPick.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

/** Warnings in the list; the log has them all. */
const MAX_WARNINGS = 5;

interface FolderItem extends PickItem {
  readonly path?: string;
  /** Shown when it is chosen, because it is not an answer. */
  readonly note?: string;
}

export interface PlannedOutput {
  readonly output: Output;
  readonly plan: PlanView;
}

export interface FolderRequest {
  readonly at: Position;
  readonly proposed: string;
  /** What would be written there. */
  readonly plan: (output: Output) => Promise<PlanView>;
  /** Why this folder cannot be used, whatever the plan; undefined if it can. */
  readonly refuse: (path: string) => string | undefined;
}

/** A folder for which the plan has no error. */
export async function pickFolder(request: FolderRequest): Promise<PlannedOutput | 'back' | 'cancel'> {
  let { proposed } = request;
  let renaming = false;
  for (;;) {
    const inner = { ...request.at, canGoBack: true };
    const answer = renaming
      ? await typeName(inner, request, proposed)
      : await chooseFolder(request, proposed);
    if (answer === 'cancel' || (answer === 'back' && !renaming)) return answer;
    renaming = false;
    if (answer === 'back') continue;
    proposed = answer.path;
    const settled = await settle(request, proposed);
    if (settled === 'rename') {
      renaming = true;
      proposed = await freeName(proposed, exists);
    } else if (settled && 'fault' in settled) void notifyError(settled.fault);
    else if (settled) return settled;
  }
}

/** The folder with its plan; why it cannot be used; or undefined if the user changed their mind. */
async function settle(
  { plan }: FolderRequest,
  path: string,
): Promise<PlannedOutput | { readonly fault: string } | 'rename' | undefined> {
  const fault = await kindFault(path);
  if (fault !== undefined) return { fault };
  const output = await confirm(path);
  if (output === undefined || output === 'rename') return output;
  const planned = await plan(output);
  return planned.fault === undefined ? { output, plan: planned } : { fault: planned.fault };
}

/** The proposal, a typed name, or the same name in a folder from the dialog. */
async function chooseFolder(
  request: FolderRequest,
  proposed: string,
): Promise<{ readonly path: string } | 'back' | 'cancel'> {
  const { at, plan, refuse } = request;
  for (;;) {
    const path = proposed;
    const view = plan({ path, overwrite: true }).then(found => ({
      ...found,
      fault: refuse(path) ?? found.fault,
    }));
    const answer = await pick<FolderItem>({
      at,
      placeholder: l10n.t('Output'),
      items: view.then(found => itemsOf(path, found)),
      button: browse,
      validate: ([item]) => item?.note,
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    if (answer === 'button') {
      const parent = await browseFolder(l10n.t('Choose where the merged model is written'));
      if (parent) proposed = join(parent.fsPath, basename(proposed));
      continue;
    }
    const chosen = answer[0]?.path;
    if (chosen !== undefined) return { path: chosen };
    const typed = await typeName({ ...at, canGoBack: true }, request, path);
    if (typed !== 'back') return typed;
  }
}

async function itemsOf(path: string, { fault, size, warnings }: PlanView): Promise<FolderItem[]> {
  const taken = l10n.t('Already exists; you will be asked before it is replaced');
  const isTaken = await exists(path);
  const facts = [size, isTaken ? taken : undefined].filter(fact => fact !== undefined);
  const items: FolderItem[] = [
    {
      label: basename(path),
      description: l10n.t('in {0}', displayPath(dirname(path))),
      detail: fault ?? facts.join(' · '),
      detailIcon: fault !== undefined ? 'error' : isTaken ? 'warning' : undefined,
      path,
      note: fault,
    },
    { label: l10n.t('Another name or folder…') },
  ];
  if (warnings.length === 0) return items;
  items.push(heading(l10n.t('warnings')));
  for (const note of warnings.slice(0, MAX_WARNINGS)) items.push({ label: note, icon: 'warning', note });
  const more = warnings.length - MAX_WARNINGS;
  const note = l10n.t('{0} more warnings; the log has them all', more);
  if (more > 0) items.push({ label: note, icon: 'ellipsis', note });
  return items;
}

/** A path; a relative one is beside the proposal. */
async function typeName(
  at: Position,
  { refuse }: FolderRequest,
  proposed: string,
): Promise<{ readonly path: string } | 'back' | 'cancel'> {
  const pathOf = (text: string) => resolve(dirname(proposed), text.trim());
  const answer = await ask({
    at,
    prompt: l10n.t(
      'Folder for the merged model, or a file ending in .safetensors or .gguf; a relative path is in {0}',
      dirname(proposed),
    ),
    value: proposed,
    validate: text => (text.trim() === '' ? l10n.t("Write the folder's path") : refuse(pathOf(text))),
  });
  return typeof answer === 'string' ? answer : { path: pathOf(answer.text) };
}

async function kindFault(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info && isFileOutput(path) && info.isDirectory())
    return l10n.t('{0} is a folder. Choose another name.', path);
  if (info && !isFileOutput(path) && !info.isDirectory())
    return l10n.t('{0} is a file. Choose another folder.', path);
  const isRoot = workspace.workspaceFolders?.some(({ uri }) => uri.fsPath === path);
  return isRoot ? l10n.t('{0} is the workspace itself. Choose a folder in it.', path) : undefined;
}

/** undefined: neither. */
async function confirm(path: string): Promise<Output | 'rename' | undefined> {
  if (!(await exists(path))) return { path, overwrite: false };
  const overwrite = l10n.t('Overwrite');
  const rename = l10n.t('Another Name…');
  const message = l10n.t('{0} already exists. Overwrite it?', basename(path));
  const detail = isFileOutput(path)
    ? l10n.t('{0} will be replaced.', path)
    : l10n.t('{0} and everything in it will be replaced.', path);
  const pressed = await askModal(message, detail, overwrite, rename);
  if (pressed === overwrite) return { path, overwrite: true };
  return pressed === rename ? 'rename' : undefined;
}
