/** One item: the running job, or what the idle engine computes with. A click opens the log. */
import { l10n, StatusBarAlignment, window, type MarkdownString } from 'vscode';
import type { DevicesReport } from '../../protocol/results.ts';
import { shown } from '../../shared/printable.ts';
import { Disposable } from '../disposable.ts';
import { paragraphs } from '../ui/facts.ts';

export type Backend = Pick<DevicesReport, 'chosen' | 'reason'>;

const NAMES: Readonly<Record<Backend['chosen'], string>> = { cpu: 'CPU', webgpu: 'WebGPU' };

export class StatusBar extends Disposable {
  private readonly item = this._register(
    window.createStatusBarItem('tvq.status', StatusBarAlignment.Left, 0),
  );
  private job: { readonly title: string; readonly percent: number } | undefined;
  private backend: Backend | undefined;

  constructor() {
    super();
    this.item.name = 'TVQ Studio';
    this.item.command = 'tvq.showLog';
  }

  showJob(title: string, percent: number): void {
    this.job = { title, percent };
    this.render();
  }

  endJob(): void {
    this.job = undefined;
    this.render();
  }

  /** What the engine computes with, and why; undefined when it is not running. */
  showBackend(backend: Backend | undefined): void {
    this.backend = backend;
    this.render();
  }

  private render(): void {
    const { job } = this;
    if (job === undefined && this.backend === undefined) {
      this.item.hide();
      return;
    }
    const backend = this.backend && NAMES[this.backend.chosen];
    const progress = job && `${job.percent} %`;
    const words = ['TVQ', progress, backend].filter(word => word !== undefined);
    this.item.text = `$(${job ? 'loading~spin' : 'chip'}) ${words.join(' · ')}`;
    this.item.tooltip = this.tooltip();
    const spoken = [job?.title, progress, backend].filter(word => word !== undefined);
    this.item.accessibilityInformation = { label: shown(`TVQ Studio: ${spoken.join(', ')}`) };
    this.item.show();
  }

  private tooltip(): MarkdownString {
    const said = [this.job?.title, this.backend?.reason, l10n.t('Click to show the log')];
    return paragraphs(said.filter(text => text !== undefined));
  }
}
