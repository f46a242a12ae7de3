/**
 * The one import of @vscode/webview-ui-toolkit. The toolkit is archived, so pages use it only through this file, and
 * another set of components could replace it. It needs `<meta property="csp-nonce">`: without it, its focus-visible
 * probe violates the content security policy. Its data grid is not used because it is not virtualised (see
 * virtualTable.ts).
 */
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeTextField } from '@vscode/webview-ui-toolkit';
import './toolkit.css';
import { printable } from '../../../extension/shared/printable.ts';
import { el, icon, setLabel, setTitle } from '../dom.ts';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeTextField());

export interface ButtonOptions {
  readonly label: string;
  readonly appearance: 'primary' | 'secondary';
  readonly icon?: string;
  readonly onClick: () => void;
}

/** A push button with text. */
export function createButton(options: ButtonOptions): HTMLElement {
  const button = document.createElement('vscode-button');
  button.setAttribute('appearance', options.appearance);
  if (options.icon !== undefined) {
    const start = icon(options.icon);
    start.slot = 'start';
    button.append(start);
  }
  button.append(printable(options.label));
  button.addEventListener('click', options.onClick);
  return button;
}

/** Turns a button off while its work runs. */
export const setDisabled = (button: HTMLElement, disabled: boolean): void => {
  button.toggleAttribute('disabled', disabled);
};

export interface IconButtonOptions {
  readonly icon: string;
  readonly label: string;
  readonly onClick: () => void;
}

/** A button that is only an icon; the label is its accessible name and hover text. */
export interface IconButton {
  readonly element: HTMLElement;
  set(icon: string, label: string): void;
}

/** @see IconButton */
export function createIconButton(options: IconButtonOptions): IconButton {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', 'icon');
  element.addEventListener('click', options.onClick);
  const set = (name: string, label: string) => {
    setLabel(element, label);
    setTitle(element, label);
    element.replaceChildren(icon(name));
  };
  set(options.icon, options.label);
  return { element, set };
}

export interface SearchFieldOptions {
  readonly label: string;
  readonly placeholder: string;
  readonly testid: string;
  readonly maxLength: number;
  readonly onInput: (text: string) => void;
}

/** A search field; Escape clears it. */
export interface SearchField {
  readonly element: HTMLElement;
  value: string;
}

/** @see SearchField */
export function createSearchField(options: SearchFieldOptions): SearchField {
  const field = document.createElement('vscode-text-field') as HTMLElement & { value: string };
  field.setAttribute('placeholder', options.placeholder);
  field.setAttribute('maxlength', String(options.maxLength));
  field.dataset['testid'] = options.testid;
  const magnifier = icon('search');
  magnifier.slot = 'start';
  // The toolkit overwrites aria-label with the text in its label slot, which toolkit.css hides.
  field.append(magnifier, el('span', { text: options.label }));
  field.addEventListener('input', () => options.onInput(field.value));
  field.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || field.value === '') return;
    field.value = '';
    options.onInput('');
  });
  return {
    element: field,
    get value() {
      return field.value;
    },
    set value(text) {
      field.value = text;
    },
  };
}
