import * as l10n from '@vscode/l10n';
import type { StudioMerged, StudioMergeHost, StudioMergeSession } from '../../../extension/protocol/merge.ts';
import type { MergeMethodInfo } from '../../../extension/protocol/recipes.ts';
import { tableState } from '../../common/chartFrame.ts';
import { el, setText } from '../../common/dom.ts';
import { errorMessage } from '../../common/rpc.ts';
import type { StateStore } from '../../common/state.ts';
import { Notice, skeleton } from '../../common/states.ts';
import { createButton } from '../../common/ui/toolkit.ts';
import { layerPanels, metricPanels } from './layerModel.ts';
import type { MergeTabState } from './mergeState.ts';
import { lineSwatch, mergeStyles, type MergeStyle } from './mergeStyle.ts';
import { barPanel, linePanel } from './panelCharts.ts';
import { PanelGroup, type ChartMenu } from './panelGroup.ts';
import { resultGroups, resultsCsv, shownMerges, toggleSelected } from './resultModel.ts';
import { ResultTable } from './resultTable.ts';

const SKELETON = Array.from({ length: 9 }, () => [26, 18, 18]);

/** Results of merges: one table, and charts by layer and of the user's metrics below it. */
export class ResultsPane {
  readonly element: HTMLElement;
  readonly #host: StudioMergeHost;
  readonly #state: StateStore<MergeTabState>;
  readonly #table: ResultTable;
  readonly #notice = new Notice();
  readonly #export: HTMLElement;
  readonly #hint = el('p', { class: 'quiet compare-hint' });
  readonly #instead = el('div', { class: 'results-instead' });
  readonly #evaluation = el('p', { class: 'quiet evaluation-hint', testid: 'merge-evaluation' });
  readonly #metrics: PanelGroup;
  readonly #layers: PanelGroup;
  #session: StudioMergeSession | undefined;
  #methods: readonly MergeMethodInfo[] = [];

  constructor(host: StudioMergeHost, state: StateStore<MergeTabState>, menu?: ChartMenu) {
    this.#host = host;
    this.#state = state;
    const group = (name: string, title: string) =>
      new PanelGroup({ ...tableState(state, name, title), menu });
    this.#metrics = group('evaluation', l10n.t('Evaluation'));
    this.#layers = group('by-layer', l10n.t('By layer'));
    this.#table = new ResultTable({
      onSelect: output => {
        state.update({ selected: toggleSelected(state.get().selected, output) });
        this.#present();
      },
      onReveal: output => void this.#do(host.revealMerge(output)),
      onReport: output => void this.#do(host.openMergeReport(output)),
      onForget: output => void this.#do(host.forgetMerge(output)),
      onEvaluate: output => void this.#do(host.startEvaluation(output)),
      onCancelEvaluation: () => void this.#do(host.cancelEvaluation()),
    });
    this.#export = createButton({
      label: l10n.t('Export CSV'),
      icon: 'export',
      appearance: 'secondary',
      onClick: () => void this.#exportCsv(),
    });
    const head = el(
      'div',
      { class: 'results-head' },
      el('h2', { text: l10n.t('Results') }),
      this.#hint,
      this.#export,
    );
    this.element = el(
      'section',
      { class: 'merge-results', attributes: { 'aria-label': l10n.t('Results') } },
      head,
      this.#notice.element,
      this.#instead,
      this.#table.element,
      this.#evaluation,
      this.#metrics.element,
      this.#layers.element,
    );
  }

  show(session: StudioMergeSession, methods: readonly MergeMethodInfo[]): void {
    this.#session = session;
    this.#methods = methods;
    const { evaluating } = session;
    if (evaluating?.state === 'failed') {
      const again = () => void this.#do(this.#host.startEvaluation(evaluating.output));
      this.#notice.show(
        l10n.t('{0} was not evaluated. {1}', evaluating.name, evaluating.message ?? ''),
        l10n.t('Retry'),
        again,
      );
    } else this.#notice.hide();
    this.#present();
  }

  #present(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { merges, merging } = session;
    const selected = this.#state
      .get()
      .selected.filter(output => merges.some(merge => merge.output === output));
    const shown = shownMerges(merges, selected);
    const styles = mergeStyles(shown.map(merge => merges.indexOf(merge)));
    const groups = resultGroups(merges, this.#methods, selected);
    const isEmpty = merges.length === 0;
    this.#table.element.hidden = this.#export.hidden = isEmpty;
    this.#hint.hidden = merges.length < 2;
    const hint =
      selected.length === 2
        ? l10n.t('Two merges are compared.')
        : l10n.t('Select two merges to compare them.');
    setText(this.#hint, hint);
    this.#instead.hidden = !isEmpty;
    this.#instead.replaceChildren(
      merging?.state === 'running' ? skeleton(l10n.t('Merging {0}', merging.name), SKELETON) : emptyResults(),
    );
    const byOutput = new Map(shown.map(({ output }, at) => [output, styles[at]] as const));
    this.#table.show({ session, groups, selected, styles: byOutput as ReadonlyMap<string, MergeStyle> });
    this.#sayEvaluation(session);
    this.#draw(shown, styles);
  }

  #draw(shown: readonly StudioMerged[], styles: readonly MergeStyle[]): void {
    const names = shown.map(({ name }) => name);
    const legend = () =>
      styles.map((style, at) => el('li', {}, lineSwatch(style), el('span', { text: names[at] ?? '' })));
    const { layers, panels } = layerPanels(shown);
    this.#layers.show(
      panels.map(panel => linePanel(panel, layers, names, styles)),
      legend(),
    );
    this.#metrics.show(
      metricPanels(shown).map(panel => barPanel(panel, names, styles)),
      [],
    );
  }

  #sayEvaluation({ evaluating, evaluation, merges }: StudioMergeSession): void {
    const action = (text: string, onClick: () => void) => {
      const button = el('button', { class: 'link action', text, attributes: { type: 'button' } });
      button.addEventListener('click', onClick);
      return button;
    };
    const set = action(l10n.t('Set a command…'), () => void this.#do(this.#host.openEvaluationSetting()));
    const cancel = action(l10n.t('Cancel'), () => void this.#do(this.#host.cancelEvaluation()));
    const isEvaluated = merges.some(({ metrics }) => metrics.length > 0);
    const says: readonly (Node | string)[] =
      evaluating?.state === 'running'
        ? [l10n.t('Evaluating {0}. What the command prints is in the log.', evaluating.name), ' ', cancel]
        : evaluating?.state === 'cancelled'
          ? [l10n.t('The evaluation of {0} was cancelled.', evaluating.name)]
          : evaluation === 'restricted'
            ? [l10n.t('Evaluation is off in Restricted Mode.')]
            : evaluation === 'unset'
              ? [l10n.t('Merges can be scored by a command of your own.'), ' ', set]
              : isEvaluated
                ? []
                : [l10n.t('Score a merge with your own command: the flask in its column.')];
    this.#evaluation.replaceChildren(...says);
    this.#evaluation.hidden = merges.length === 0 || says.length === 0;
  }

  async #exportCsv(): Promise<void> {
    const { merges = [] } = this.#session ?? {};
    const data = resultsCsv(merges, resultGroups(merges, this.#methods));
    await this.#do(this.#host.saveFile({ name: 'merges.csv', kind: 'csv', data }));
  }

  async #do(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      this.#notice.show(errorMessage(error), l10n.t('Dismiss'), () => undefined);
    }
  }
}

function emptyResults(): HTMLElement {
  return el(
    'div',
    { class: 'state-pane' },
    el('p', { class: 'state-what', text: l10n.t('Nothing is merged yet') }),
    el('p', {
      class: 'quiet',
      text: l10n.t(
        'Each merge becomes a column here: its size, its norms and cosines by layer, and your own scores.',
      ),
    }),
  );
}
