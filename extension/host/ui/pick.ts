/** A quick pick that is one step of a wizard. */
import { QuickInputButtons, window, type QuickInputButton, type QuickPickItem } from 'vscode';
import type { Position } from './wizard.ts';

export interface PickRequest<T extends QuickPickItem> {
  readonly at: Position;
  readonly placeholder: string;
  /** A promise shows a busy list until it is there. */
  readonly items: readonly T[] | Promise<readonly T[]>;
  /** Highlighted at first. */
  readonly active?: (item: T) => boolean;
  /** Checked at first; makes it a multi-selection. */
  readonly checked?: (item: T) => boolean;
  readonly button?: QuickInputButton;
  /** Why this answer will not do; the pick then stays open with the reason as its placeholder. */
  readonly validate?: (chosen: readonly T[]) => string | undefined;
}

export type PickAnswer<T> = readonly T[] | 'back' | 'cancel' | 'button';

/** Rejects when the promised items do. */
export async function pick<T extends QuickPickItem>(request: PickRequest<T>): Promise<PickAnswer<T>> {
  const { at, validate } = request;
  const input = window.createQuickPick<T>();
  input.title = at.title;
  if (at.totalSteps > 1) {
    input.step = at.step;
    input.totalSteps = at.totalSteps;
  }
  input.placeholder = request.placeholder;
  input.matchOnDescription = true;
  // Looking something up in the editor must not throw half an answer away.
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
        const chosen = input.selectedItems;
        if (chosen.length === 0 && !input.canSelectMany) return;
        const fault = validate?.(chosen);
        if (fault === undefined) resolve(chosen);
        else input.placeholder = fault;
      });
      input.busy = true;
      input.show();
      Promise.resolve(request.items).then(items => {
        input.items = items;
        if (request.checked) input.selectedItems = items.filter(request.checked);
        const active = request.active ? items.filter(request.active) : [];
        // An empty list would take the highlight from the first item.
        if (active.length > 0) input.activeItems = active;
        input.busy = false;
      }, reject);
    });
  } finally {
    input.dispose();
  }
}
