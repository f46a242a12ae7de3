import * as l10n from '@vscode/l10n';
import type { InspectorHost, VerifyOutcome } from '../../extension/protocol/inspector.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import { el, icon } from '../common/dom.ts';
import { formatCount } from '../common/format.ts';
import { ProgressPane } from '../common/progressPane.ts';
import { errorMessage } from '../common/rpc.ts';
import { createButton, setDisabled } from '../common/ui/toolkit.ts';

/** Checks whether the file is intact: a button, the progress, and the result. */
export class VerifyPane {
  readonly button: HTMLElement;
  readonly element = el('div', { class: 'verify', testid: 'tvq-verify', attributes: { role: 'status' } });
  readonly #host: InspectorHost;
  #progress: ProgressPane | undefined;

  constructor(host: InspectorHost) {
    this.#host = host;
    this.button = createButton({
      label: l10n.t('Verify'),
      icon: 'verified',
      appearance: 'secondary',
      onClick: () => void this.#verify(),
    });
  }

  /** Shows what was found before; undefined: not verified yet. */
  show(outcome: VerifyOutcome | undefined): void {
    if (this.#progress) return;
    this.element.replaceChildren(...(outcome ? [verdict(outcome)] : []));
  }

  progress(progress: Progress): void {
    this.#progress?.update(progress);
  }

  async #verify(): Promise<void> {
    const pane = new ProgressPane(l10n.t('Checking every byte'), () => void this.#host.cancel('verify'));
    this.#progress = pane;
    this.element.replaceChildren(pane.element);
    setDisabled(this.button, true);
    try {
      const outcome = await this.#host.verify();
      const cancelled = line(
        'circle-slash',
        l10n.t('Verifying was cancelled: whether the file is intact is not known.'),
      );
      this.element.replaceChildren(outcome ? verdict(outcome) : cancelled);
    } catch (error) {
      this.element.replaceChildren(
        line('warning', l10n.t('The file was not verified. {0}', errorMessage(error))),
      );
    } finally {
      this.#progress = undefined;
      setDisabled(this.button, false);
    }
  }
}

const line = (codicon: string, text: string): HTMLElement =>
  el('p', { class: 'verdict' }, icon(codicon), el('span', { text }));

function verdict({ checked, damaged, damagedCount }: VerifyOutcome): HTMLElement {
  if (damagedCount === 0)
    return line('pass-filled', l10n.t('Intact: {0} checksums match.', formatCount(checked)));
  const items = damaged.map(text => el('li', { text }));
  const rest = damagedCount - damaged.length;
  if (rest > 0)
    items.push(el('li', { text: l10n.t('and {0} more; the log has them all', formatCount(rest)) }));
  const finding =
    damagedCount === 1
      ? l10n.t('Damaged: 1 part. Get the file again, or quantize again.')
      : l10n.t('Damaged: {0} parts. Get the file again, or quantize again.', formatCount(damagedCount));
  return el('div', {}, line('error', finding), el('ul', { class: 'damaged' }, ...items));
}
