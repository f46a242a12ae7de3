/** Serves one Studio page: what it shows, measures and writes. */
import { basename, join } from 'node:path';
import {
  CancellationTokenSource,
  commands,
  env,
  EventEmitter,
  l10n,
  Uri,
  workspace,
  type Webview,
} from 'vscode';
import type { AnalysisTable } from '../../protocol/analysis.ts';
import type { TaskComparisons } from '../../protocol/comparison.ts';
import type { QuantizeRecipe, RunOptions } from '../../protocol/recipes.ts';
import type { QuantizeResult } from '../../protocol/results.ts';
import {
  STUDIO_CALLS,
  type StudioHost,
  type StudioMark,
  type BudgetRecipe,
  type StudioPage,
  type StudioSelection,
} from '../../protocol/studio.ts';
import { budgetBytes, parseBudget } from '../../shared/allocation/index.ts';
import { quantizeCommand } from '../../shared/commandLine.ts';
import { chooseSelection } from '../commands/studioSelection.ts';
import { Disposable } from '../disposable.ts';
import type { Engine, RequestHooks } from '../engineClient.ts';
import { CancelledError } from '../engineErrors.ts';
import { describeSize } from '../describe.ts';
import { quantizeJob } from '../jobs/quantizing.ts';
import { PageConnection } from '../pageRpc.ts';
import { listed } from '../../shared/listed.ts';
import { commonFolder } from '../commonFolder.ts';
import type { Services } from '../services.ts';
import { readRunOptions, readViewOptions } from '../settings.ts';
import { pickOutput } from '../ui/outputPick.ts';
import { inColumns } from './columns.ts';
import { Freshness } from './freshness.ts';
import type { StudioMerge } from './studioMerge.ts';

/** The published schemes, for comparison. */
const MARKS = [
  { label: 'TVQ INT2', scheme: 'tvq', bits: 2, baseBits: 2 },
  { label: 'TVQ INT3', scheme: 'tvq', bits: 3, baseBits: 3 },
  { label: 'TVQ INT4', scheme: 'tvq', bits: 4, baseBits: 4 },
  { label: 'RTVQ B3O2', scheme: 'rtvq', bits: 2, baseBits: 3 },
] as const;

/** By kind of measurement. */
type Measured = Record<string, Promise<unknown> | undefined>;

export class StudioConnection extends Disposable {
  private readonly chosen = this._register(new EventEmitter<StudioSelection>());
  readonly onDidChoose = this.chosen.event;
  private readonly page: PageConnection<StudioPage, StudioHost>['page'];
  /** Kept while the panel exists: a hidden page is created again, and asks again. */
  private measured: Measured = {};
  private readonly freshness = this._register(new Freshness(names => void this.page.stale(names)));
  private running: CancellationTokenSource | undefined;
  private readonly written = new Set<string>();

  constructor(
    webview: Webview,
    private readonly services: Omit<Services, 'studio'>,
    merging: StudioMerge,
    private selection: StudioSelection | undefined,
  ) {
    super();
    const merge = merging.connect(() => this.selection, {
      mergeChanged: session => void this.page.mergeChanged(session),
      mergeProgress: progress => void this.page.mergeProgress(progress),
    });
    this._register(merge);
    const host: StudioHost = {
      ...merge.host,
      open: async () => this.selection,
      choose: () => this.choose(),
      analyze: () => orCancelled(this.analyzeAnew()),
      analyzeShared: () => orCancelled(this.analyzeShared()),
      compare: most => orCancelled(this.compare(most)),
      cancel: async () => this.running?.cancel(),
      marks: () => this.marks(),
      device: () => services.engine.devices(null, readViewOptions()),
      quantize: asked => orCancelled(this.quantize(asked)),
      openResult: output => this.openResult(output),
      copyCommand: asked => this.copyCommand(asked),
    };
    const events = ['progress', 'stale', 'mergeChanged', 'mergeProgress'] as const;
    const options = { calls: STUDIO_CALLS, events, name: 'TVQ Studio', log: services.log };
    this.page = this._register(new PageConnection<StudioPage, StudioHost>(webview, host, options)).page;
    this._register({ dispose: () => this.running?.cancel() });
  }

  private async choose(): Promise<StudioSelection | undefined> {
    const selection = await chooseSelection(this.services, undefined);
    if (selection === undefined) return undefined;
    this.running?.cancel();
    this.selection = selection;
    this.measured = {};
    this.chosen.fire(selection);
    return selection;
  }

  /** Measurements of models that have changed since are not shown again. */
  private async analyzeAnew(): Promise<AnalysisTable> {
    const { base, tasks } = this.required();
    const isMeasured = Object.keys(this.measured).length > 0;
    if (!isMeasured || (await this.freshness.changed()).length > 0) {
      this.measured = {};
      await this.freshness.begin([base, ...tasks]);
    }
    return this.analyze();
  }

  /** Refuses to spend what is shown on models that have changed since they were measured. */
  private async checkFresh(): Promise<void> {
    const changed = await this.freshness.changed();
    if (changed.length === 0) return;
    throw new Error(l10n.t('Changed since it was measured: {0}. Measure again first.', listed(changed)));
  }

  private analyze(): Promise<AnalysisTable> {
    const recipe = this.measuredRecipe();
    return this.once('table', l10n.t('Measuring task vectors'), async (engine, options, hooks) =>
      inColumns(await engine.analyze(recipe, options, hooks)),
    );
  }

  private async analyzeShared(): Promise<AnalysisTable> {
    await this.checkFresh();
    const recipe = this.measuredRecipe();
    return this.once('shared', l10n.t('Measuring the shared base vector'), async (engine, options, hooks) =>
      inColumns(await engine.analyzeShared(recipe, options, hooks)),
    );
  }

  private async compare(most: number | undefined): Promise<TaskComparisons> {
    await this.checkFresh();
    const { base, tasks } = this.required();
    return this.once(
      `compared by ${most ?? 'all'}`,
      l10n.t('Comparing the tasks'),
      (engine, options, hooks) =>
        engine.compareTasks({ vectors: { base: base.path, tasks }, most }, options, hooks),
    );
  }

  private measuredRecipe(): QuantizeRecipe {
    return this.recipe({ budget: '100%', sensitivity: undefined, rules: [] }, '.analysis.tvq');
  }

  /** What was measured before, or what `work` finds; after a failure or cancellation, the next request tries again. */
  private once<T>(
    what: string,
    title: string,
    work: (engine: Engine, options: RunOptions, hooks: RequestHooks) => Promise<T>,
  ): Promise<T> {
    const { measured } = this;
    const found = (measured[what] ??= this.run(title, hooks =>
      this.services.jobs.follow(title, work, hooks),
    )) as Promise<T>;
    found.catch(() => {
      if (measured[what] === found) delete measured[what];
    });
    return found;
  }

  private async quantize(asked: BudgetRecipe): Promise<QuantizeResult | undefined> {
    await this.checkFresh();
    const { engine, log, writing } = this.services;
    const title = l10n.t('Quantize Task Vectors');
    const kind = { extension: '.tvq', label: l10n.t('Task vectors') };
    const proposed = join(this.folder(), await this.proposedName(asked));
    const at = { title, step: 1, totalSteps: 1, canGoBack: false };
    const output = await pickOutput(at, [{ path: proposed }], kind);
    if (typeof output === 'string') return undefined;
    await this.checkFresh(); // the dialog may have been open for a long time
    const recipe = { ...this.recipe(asked, output.path), overwrite: output.overwrite };
    const { problems } = await engine.plan(recipe, readRunOptions());
    const fault = problems.find(({ severity }) => severity === 'error');
    if (fault) throw new Error(fault.message);
    const result = await this.run(title, hooks => writing.run(quantizeJob(recipe), { hooks }));
    this.written.add(result.output);
    log.info(`Wrote ${result.output}: ${describeSize(result)}, ${result.seconds.toFixed(1)} s.`);
    for (const warning of result.warnings) log.warn(warning);
    return result;
  }

  /** Sizes come from headers alone; a scheme that is not possible is left out. */
  private async marks(): Promise<StudioMark[]> {
    const options = readViewOptions();
    const fixed = { keepRule: 'vectors', keep: [], overwrite: true } as const;
    const marks = MARKS.map(async ({ label, ...scheme }): Promise<StudioMark[]> => {
      const { base, tasks } = this.required();
      if (scheme.scheme === 'rtvq' && tasks.length < 2) return [];
      const output = join(this.folder(), '.mark.tvq');
      const recipe = { kind: 'quantize', base: base.path, tasks, output, ...scheme, ...fixed } as const;
      const { bytes, problems } = await this.services.engine.plan(recipe, options);
      return problems.some(({ severity }) => severity === 'error') ? [] : [{ label, bytes }];
    });
    return (await Promise.all(marks)).flat();
  }

  private async openResult(output: string): Promise<void> {
    if (!this.written.has(output)) throw new Error(l10n.t('This panel has not written {0}.', output));
    await commands.executeCommand('tvq.openInspector', Uri.file(output));
  }

  private async copyCommand(asked: BudgetRecipe): Promise<void> {
    const output = join(this.folder(), await this.proposedName(asked));
    await env.clipboard.writeText(quantizeCommand(this.required(), asked, output));
  }

  /** Runs work that the page can cancel; one at a time. */
  private async run<T>(title: string, work: (hooks: RequestHooks) => Promise<T>): Promise<T> {
    if (!workspace.isTrusted) throw new Error(l10n.t('{0} needs a trusted workspace.', title));
    this.running?.cancel();
    const source = (this.running = new CancellationTokenSource());
    const { page } = this;
    try {
      return await work({ token: source.token, onProgress: progress => void page.progress(progress) });
    } finally {
      if (this.running === source) this.running = undefined;
      source.dispose();
    }
  }

  private recipe({ budget, sensitivity, rules }: BudgetRecipe, output: string): QuantizeRecipe {
    const { base, tasks } = this.required();
    return {
      kind: 'quantize',
      base: base.path,
      tasks,
      output,
      scheme: 'tvq',
      bits: 8,
      baseBits: 8,
      keepRule: 'vectors',
      budget,
      sensitivity,
      rules,
      keep: [],
      overwrite: true,
    };
  }

  /** A name after the models' folder and the budget. */
  private async proposedName({ budget }: BudgetRecipe): Promise<string> {
    const asked = parseBudget(budget);
    const slug =
      asked.kind === 'error'
        ? `error-${asked.relative}`
        : `${bitsOf(await this.analyze(), budgetBytes(asked, await this.analyze()))}bpw`;
    return `${basename(this.folder()) || this.required().base.name}-${slug}.tvq`;
  }

  private folder(): string {
    const { base, tasks } = this.required();
    return commonFolder([base, ...tasks].map(({ path }) => path));
  }

  private required(): StudioSelection {
    if (this.selection === undefined) throw new Error(l10n.t('No models are chosen.'));
    return this.selection;
  }
}

const bitsOf = ({ weights }: AnalysisTable, bytes: number): string => ((8 * bytes) / weights).toFixed(2);

async function orCancelled<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CancelledError) return undefined;
    throw error;
  }
}
