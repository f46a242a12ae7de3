import * as l10n from '@vscode/l10n';
import type { Progress, QuantizeResult } from '../../../extension/protocol/results.ts';
import { el, icon } from '../../common/dom.ts';
import { formatBytes, formatError } from '../../common/format.ts';
import { fileName } from '../../common/names.ts';
import { createButton, createIconButton, setDisabled } from '../../common/ui/toolkit.ts';
import { ProgressLine } from '../progressLine.ts';
import { tellFailure, type StudioContext } from '../context.ts';
import { measuredError } from '../model/measured.ts';
import type { StudioModel } from '../model/studioModel.ts';

/** Actions on an allocation: undo steps, script it, write the file. */
export class Actions {
  readonly element: HTMLElement;
  readonly #context: StudioContext;
  readonly #model: () => StudioModel;
  readonly #undo;
  readonly #redo;
  readonly #quantize: HTMLElement;
  readonly #result = el('div', { class: 'result', testid: 'tvq-result', attributes: { role: 'status' } });
  readonly #progress: ProgressLine;

  constructor(context: StudioContext, model: () => StudioModel) {
    this.#context = context;
    this.#model = model;
    this.#undo = createIconButton({ icon: 'discard', label: l10n.t('Undo'), onClick: () => model().undo() });
    this.#redo = createIconButton({ icon: 'redo', label: l10n.t('Redo'), onClick: () => model().redo() });
    this.#quantize = createButton({
      label: l10n.t('Quantize…'),
      appearance: 'primary',
      onClick: () => void this.#run(),
    });
    this.#quantize.dataset['testid'] = 'tvq-quantize';
    const reset = createButton({
      label: l10n.t('Reset'),
      appearance: 'secondary',
      onClick: () => model().reset(),
    });
    const copy = createButton({
      label: l10n.t('Copy as command'),
      icon: 'terminal',
      appearance: 'secondary',
      onClick: () => void this.#copy(),
    });
    this.#progress = new ProgressLine(() => void context.host.cancel());
    const left = el('div', { class: 'buttons' }, this.#undo.element, this.#redo.element, reset);
    const right = el('div', { class: 'buttons' }, copy, this.#quantize);
    this.element = el(
      'footer',
      { class: 'actions' },
      this.#progress.element,
      this.#result,
      el('div', { class: 'action-bar' }, left, right),
    );
    this.#result.hidden = true;
  }

  show(): void {
    const { canUndo, canRedo } = this.#model();
    setDisabled(this.#undo.element, !canUndo);
    setDisabled(this.#redo.element, !canRedo);
  }

  progress(progress: Progress): void {
    this.#progress.update(progress);
  }

  async #copy(): Promise<void> {
    try {
      await this.#context.host.copyCommand(this.#model().recipe);
      this.#tell(icon('check'), l10n.t('The command is on the clipboard.'));
    } catch (error) {
      tellFailure(this.#context, l10n.t('The command was not copied.'), error);
    }
  }

  async #run(): Promise<void> {
    const { recipe, spent, allocation } = this.#model();
    setDisabled(this.#quantize, true);
    this.#result.hidden = true;
    this.#progress.start(l10n.t('Quantizing'));
    try {
      const result = await this.#context.host.quantize(recipe);
      if (result === undefined) return this.#tell(icon('circle-slash'), l10n.t('Nothing was written.'));
      const error = measuredError(allocation, spent, result);
      this.#showResult(result, error, spent);
    } catch (error) {
      tellFailure(this.#context, l10n.t('Nothing was written.'), error);
    } finally {
      this.#progress.stop();
      setDisabled(this.#quantize, false);
    }
  }

  #showResult(result: QuantizeResult, error: number, predicted: { bytes: number; error: number }): void {
    const { output, bytes, seconds } = result;
    const figure = (label: string, measured: string, expected: string, testid: string) =>
      el(
        'span',
        { class: 'numbers' },
        `${label} `,
        el('strong', { text: measured, testid }),
        ' ',
        el('span', { class: 'quiet', text: l10n.t('≈ {0} predicted', expected) }),
      );
    const open = createButton({
      label: l10n.t('Open'),
      appearance: 'secondary',
      onClick: () =>
        void this.#context.host
          .openResult(output)
          .catch((failure: unknown) =>
            tellFailure(this.#context, l10n.t('The file was not opened.'), failure),
          ),
    });
    const name = fileName(output);
    this.#tell(
      icon('pass'),
      el('span', { text: name, attributes: { title: output } }),
      figure(l10n.t('size'), formatBytes(bytes), formatBytes(predicted.bytes), 'tvq-measured-size'),
      figure(l10n.t('error'), formatError(error), formatError(predicted.error), 'tvq-measured-error'),
      el('span', { class: 'quiet numbers', text: `${seconds.toFixed(1)} s` }),
      open,
    );
  }

  #tell(...children: readonly (Node | string)[]): void {
    this.#result.replaceChildren(...children);
    this.#result.hidden = false;
  }
}
