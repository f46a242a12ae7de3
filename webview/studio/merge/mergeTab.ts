/** The Studio's Merge tab: what to merge and how on the left, results of merges on the right. */
import * as l10n from '@vscode/l10n';
import './merge.css';
import type {
  StudioMergeHost,
  StudioMergePage,
  StudioMergeSession,
} from '../../../extension/protocol/merge.ts';
import type { MergeMethodInfo } from '../../../extension/protocol/recipes.ts';
import type { Progress } from '../../../extension/protocol/results.ts';
import type { StudioSelection } from '../../../extension/protocol/studio.ts';
import { el } from '../../common/dom.ts';
import { errorMessage } from '../../common/rpc.ts';
import type { StateStore } from '../../common/state.ts';
import { errorPane, skeleton } from '../../common/states.ts';
import { choicesOf, includedTasks, misfit } from './formModel.ts';
import { MergeForm } from './mergeForm.ts';
import type { MergeTabState } from './mergeState.ts';
import type { ChartMenu } from './panelGroup.ts';
import { ResultsPane } from './resultsPane.ts';
import { RunBar } from './runBar.ts';

/** A plan is requested after this pause in typing or dragging. */
const PLAN_DELAY_MS = 150;

const SKELETON = [[20], [60], [90], ...Array.from({ length: 8 }, () => [30, 50])];

export class MergeTab implements StudioMergePage {
  readonly element = el('div', { class: 'merge-tab' });
  readonly #host: StudioMergeHost;
  readonly #state: StateStore<MergeTabState>;
  readonly #form: MergeForm;
  readonly #run: RunBar;
  readonly #results: ResultsPane;
  readonly #panes: HTMLElement;
  #selection: StudioSelection | undefined;
  #methods: readonly MergeMethodInfo[] = [];
  #loads = 0;
  #plans = 0;
  #timer: number | undefined;
  #isMerging = false;

  /** `menu` creates the button of each chart's menu. */
  constructor(host: StudioMergeHost, state: StateStore<MergeTabState>, menu?: ChartMenu) {
    this.#host = host;
    this.#state = state;
    this.#form = new MergeForm(state, () => this.#planSoon());
    this.#run = new RunBar({
      onMerge: () => void this.#merge(),
      onCancel: () => void host.cancelMerge(),
      onOutput: () => void this.#chooseOutput(),
      onProposed: () => this.#setOutput(''),
    });
    this.#results = new ResultsPane(host, state, menu);
    const left = el('section', {
      class: 'merge-left',
      attributes: { 'aria-label': l10n.t('What to merge') },
    });
    left.append(this.#form.element, this.#run.element);
    this.#panes = el('div', { class: 'merge-panes' }, left, this.#results.element);
  }

  /** Shows the form for a selection; what is already shown stays until the methods are known. */
  show(selection: StudioSelection): void {
    this.#selection = selection;
    void this.#load(selection);
  }

  mergeChanged(session: StudioMergeSession): void {
    const wasMerging = this.#isMerging;
    this.#isMerging = session.merging?.state === 'running';
    this.#run.activity(session.merging);
    this.#results.show(session, this.#methods);
    if (wasMerging && !this.#isMerging) {
      // An existing folder cannot be written again.
      if (session.merging === undefined) this.#state.update({ output: '' });
      this.#planSoon();
    }
  }

  mergeProgress(progress: Progress): void {
    this.#run.progress(progress);
  }

  async #load(selection: StudioSelection): Promise<void> {
    const load = ++this.#loads;
    if (!this.#panes.isConnected)
      this.element.replaceChildren(skeleton(l10n.t('Asking for the merge methods'), SKELETON));
    try {
      const [methods, session] = await Promise.all([this.#host.mergeMethods(), this.#host.mergeSession()]);
      if (load !== this.#loads) return;
      this.#methods = methods;
      this.element.replaceChildren(this.#panes);
      this.#form.show(selection, methods);
      this.mergeChanged(session);
      this.#planSoon();
    } catch (error) {
      if (load !== this.#loads) return;
      const pane = errorPane({
        what: l10n.t('The merge methods could not be read'),
        why: errorMessage(error),
        remedy: l10n.t('They come from the engine. Once the cause is removed, retry.'),
        action: l10n.t('Retry'),
        onAction: () => void this.#load(selection),
        testid: 'merge-error',
      });
      this.element.replaceChildren(pane);
    }
  }

  #planSoon(): void {
    clearTimeout(this.#timer);
    this.#plans++;
    const refused = this.#refusal();
    if (refused !== undefined) return this.#run.refuse(refused);
    this.#run.plan(undefined, this.#state.get().output !== '');
    this.#timer = window.setTimeout(() => void this.#plan(), PLAN_DELAY_MS);
  }

  /** Why the form's input cannot be merged, if so. */
  #refusal(): string | undefined {
    const { method } = this.#form;
    if (method === undefined || this.#selection === undefined) return l10n.t('There are no merge methods.');
    if (this.#form.isWrong) return l10n.t('A value is not valid; see above.');
    return misfit(method, includedTasks(this.#selection, this.#state.get()).length);
  }

  #recipe() {
    const { method } = this.#form;
    if (method === undefined || this.#selection === undefined) throw new Error('nothing is selected');
    return choicesOf(this.#state.get(), method, this.#selection);
  }

  async #plan(): Promise<void> {
    const plan = ++this.#plans;
    try {
      const answer = await this.#host.planMerge(this.#recipe());
      if (plan === this.#plans) this.#run.plan(answer, this.#state.get().output !== '');
    } catch (error) {
      if (plan === this.#plans) this.#run.refuse(errorMessage(error));
    }
  }

  async #merge(): Promise<void> {
    try {
      await this.#host.startMerge(this.#recipe());
    } catch (error) {
      this.#run.refuse(errorMessage(error));
    }
  }

  async #chooseOutput(): Promise<void> {
    try {
      const { output } = await this.#host.planMerge(this.#recipe());
      const chosen = await this.#host.chooseMergeOutput(output);
      // A cancelled dialog returns undefined, which may arrive as null.
      if (typeof chosen === 'string') this.#setOutput(chosen);
    } catch (error) {
      this.#run.refuse(errorMessage(error));
    }
  }

  #setOutput(output: string): void {
    this.#state.update({ output });
    this.#planSoon();
  }
}
