/** A text input that is one step of a wizard. */
import { QuickInputButtons, window } from 'vscode';
import { shown } from '../../shared/printable.ts';
import { withoutMarkup } from './plainText.ts';
import type { Position } from './wizard.ts';

export interface Question {
  readonly at: Position;
  /** Shown below the input. */
  readonly prompt: string;
  readonly value: string;
  /** Shown while nothing is typed. */
  readonly placeholder?: string;
  /** Why a text is not accepted; undefined if it is. */
  readonly validate: (text: string) => string | undefined;
}

/** The text, which `validate` accepts. */
export async function ask(question: Question): Promise<{ readonly text: string } | 'back' | 'cancel'> {
  const { at } = question;
  const faultOf = (text: string) => {
    const fault = question.validate(text);
    return fault && withoutMarkup(fault);
  };
  const input = window.createInputBox();
  input.title = shown(at.title);
  if (at.totalSteps > 1) {
    input.step = at.step;
    input.totalSteps = at.totalSteps;
  }
  input.prompt = withoutMarkup(question.prompt);
  input.value = question.value;
  input.placeholder = question.placeholder;
  // Looking something up in the editor must not discard half an answer.
  input.ignoreFocusOut = true;
  input.buttons = at.canGoBack ? [QuickInputButtons.Back] : [];
  try {
    return await new Promise(resolve => {
      input.onDidTriggerButton(() => resolve('back'));
      input.onDidHide(() => resolve('cancel'));
      input.onDidChangeValue(text => (input.validationMessage = faultOf(text)));
      input.onDidAccept(() => {
        input.validationMessage = faultOf(input.value);
        if (input.validationMessage === undefined) resolve({ text: input.value });
      });
      input.show();
    });
  } finally {
    input.dispose();
  }
}
