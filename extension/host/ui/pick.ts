/** A quick pick that is one step of a wizard. */
import {
  QuickInputButtons,
  QuickPickItemKind,
  window,
  type QuickInputButton,
  type QuickPickItem,
} from 'vscode';
import { shown } from '../../shared/printable.ts';
import { withoutIcons } from './plainText.ts';
import type { Position } from './wizard.ts';

/** A row. Icons are separate from the texts, because file names in them may look like icons. */
export interface PickItem extends Pick<QuickPickItem, 'label' | 'description' | 'detail' | 'alwaysShow'> {
  /** A codicon before the label. */
  readonly icon?: string;
  readonly detailIcon?: string;
  readonly kind?: QuickPickItemKind;
}

interface Row<T> extends QuickPickItem {
  readonly item: T;
}

export interface PickRequest<T extends PickItem> {
  readonly at: Position;
  readonly placeholder: string;
  /** A promise shows a busy list until it settles. */
  readonly items: readonly T[] | Promise<readonly T[]>;
  /** Highlighted at first. */
  readonly active?: (item: T) => boolean;
  /** Checked at first; makes it a multi-selection. */
  readonly checked?: (item: T) => boolean;
  readonly button?: QuickInputButton;
  /** Why this answer is not accepted; the pick then stays open with the reason as its placeholder. */
  readonly validate?: (chosen: readonly T[]) => string | undefined;
}

/** A row that names the ones below it, and cannot be chosen. */
export const heading = (label: string): PickItem => ({ label, kind: QuickPickItemKind.Separator });

export type PickAnswer<T> = readonly T[] | 'back' | 'cancel' | 'button';

/** Rejects when the promised items do. */
export async function pick<T extends PickItem>(request: PickRequest<T>): Promise<PickAnswer<T>> {
  const { at, validate } = request;
  const input = window.createQuickPick<Row<T>>();
  input.title = shown(at.title);
  if (at.totalSteps > 1) {
    input.step = at.step;
    input.totalSteps = at.totalSteps;
  }
  input.placeholder = shown(request.placeholder);
  input.matchOnDescription = true;
  // Looking something up in the editor must not discard half an answer.
  input.ignoreFocusOut = true;
  input.canSelectMany = request.checked !== undefined;
  input.buttons = [
    ...(at.canGoBack ? [QuickInputButtons.Back] : []),
    ...(request.button ? [request.button] : []),
  ];
  try {
    return await new Promise((resolve, reject) => {
      input.onDidTriggerButton(button => resolve(button === QuickInputButtons.Back ? 'back' : 'button'));
      input.onDidHide(() => resolve('cancel'));
      input.onDidAccept(() => {
        if (input.busy) return;
        const chosen = input.selectedItems.map(({ item }) => item);
        if (chosen.length === 0 && !input.canSelectMany) return;
        const fault = validate?.(chosen);
        if (fault === undefined) resolve(chosen);
        else input.placeholder = shown(fault);
      });
      input.busy = true;
      input.show();
      Promise.resolve(request.items).then(items => {
        const rows = items.map(rowOf);
        const { active, checked } = request;
        input.items = rows;
        if (checked) input.selectedItems = rows.filter(({ item }) => checked(item));
        const highlighted = active ? rows.filter(({ item }) => active(item)) : [];
        // An empty list would take the highlight from the first item.
        if (highlighted.length > 0) input.activeItems = highlighted;
        input.busy = false;
      }, reject);
    });
  } finally {
    input.dispose();
  }
}

const rowOf = <T extends PickItem>(item: T): Row<T> => ({
  label: withIcon(item.label, item.icon),
  description: item.description && withIcon(item.description),
  detail: item.detail && withIcon(item.detail, item.detailIcon),
  kind: item.kind,
  alwaysShow: item.alwaysShow,
  item,
});

const withIcon = (text: string, icon?: string): string =>
  (icon === undefined ? '' : `$(${icon}) `) + withoutIcons(text);
