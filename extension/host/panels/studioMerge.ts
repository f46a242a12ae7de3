/**
 * The host's side of the Studio's Merge tab. There is one per window: merges and evaluations outlive the page, which VS
 * Code discards while it is hidden.
 */
import { basename } from 'node:path';
import {
  CancellationTokenSource,
  commands,
  EventEmitter,
  l10n,
  Uri,
  workspace,
  type CancellationToken,
} from 'vscode';
import { exists } from '../../files/exists.ts';
import type {
  StudioMergeRecipe,
  StudioMerged,
  StudioMergeHost,
  StudioMergePage,
  StudioMergePlan,
  StudioMergeSession,
} from '../../protocol/merge.ts';
import type { MergeMethodInfo } from '../../protocol/recipes.ts';
import type { Progress } from '../../protocol/results.ts';
import type { StudioSelection } from '../../protocol/studio.ts';
import { Disposable, type Releasable } from '../disposable.ts';
import { messageOf } from '../errors.ts';
import { mergeJob } from '../jobs/merging.ts';
import { expectedSeconds } from '../merge/mergeTimes.ts';
import { reportPath } from '../merge/outcome.ts';
import { readMergeReport } from '../merge/reportFile.ts';
import { freeFolder, methodOf, studioRecipe } from '../merge/studioRecipe.ts';
import { reveal } from '../reveal.ts';
import { savePageFile } from '../saveFile.ts';
import type { Services } from '../services.ts';
import {
  EVALUATION_COMMAND,
  hasEvaluationCommand,
  readAllowNonfinite,
  readRunOptions,
  readViewOptions,
} from '../settings.ts';
import { evaluateModel } from './evaluateModel.ts';
import { chooseOutput } from './chooseOutput.ts';
import { MergeActivity } from './mergeActivity.ts';
import type { MergeMemory, MergeRecord } from './mergeMemory.ts';

type Selected = () => StudioSelection | undefined;

/** The connection through which a page is served. */
export interface StudioMergeConnection extends Releasable {
  readonly host: StudioMergeHost;
}

export class StudioMerge extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  private readonly progressed = this._register(new EventEmitter<Progress>());
  private knownMethods: Promise<readonly MergeMethodInfo[]> | undefined;
  private readonly merging: MergeActivity;
  private readonly evaluating: MergeActivity;

  constructor(
    private readonly services: Pick<Services, 'engine' | 'writing' | 'log' | 'checkpoints'>,
    private readonly memory: MergeMemory,
  ) {
    super();
    this.merging = this._register(new MergeActivity(services.log));
    this.evaluating = this._register(new MergeActivity(services.log));
    const changed = () => this.changed.fire();
    this._register(this.merging.onDidChange(changed));
    this._register(this.evaluating.onDidChange(changed));
    this._register(workspace.onDidGrantWorkspaceTrust(changed));
    this._register(
      workspace.onDidChangeConfiguration(change => {
        if (change.affectsConfiguration(EVALUATION_COMMAND)) changed();
      }),
    );
  }

  /** Serves a page until the connection is disposed. `selected` tells what the page works on. */
  connect(selected: Selected, page: StudioMergePage): StudioMergeConnection {
    const selection = () => required(selected());
    // One after another, so that the page ends up with the latest state.
    let told = Promise.resolve();
    const tell = async () => {
      if (selected() !== undefined) page.mergeChanged(await this.session(selection()));
    };
    const listeners = [
      this.changed.event(() => {
        told = told.then(tell).catch(error => this.services.log.error(messageOf(error)));
      }),
      this.progressed.event(progress => page.mergeProgress(progress)),
    ];
    const host: StudioMergeHost = {
      mergeMethods: () => this.methods(),
      mergeSession: async () => this.session(selection()),
      planMerge: async asked => this.plan(selection(), asked),
      startMerge: async asked => this.startMerge(selection(), asked),
      cancelMerge: async () => this.merging.cancel(),
      chooseMergeOutput: chooseOutput,
      startEvaluation: async output => this.startEvaluation(this.recordOf(output)),
      cancelEvaluation: async () => this.evaluating.cancel(),
      openEvaluationSetting: async () => {
        await commands.executeCommand('workbench.action.openSettings', EVALUATION_COMMAND);
      },
      revealMerge: async output => reveal(this.recordOf(output).output),
      openMergeReport: async output => openReport(this.recordOf(output)),
      forgetMerge: async output => {
        await this.memory.forget(this.recordOf(output).output);
        this.changed.fire();
      },
      saveFile: async file => savePageFile(Uri.file(selection().source ?? selection().base.path), file),
    };
    const dispose = () => {
      for (const listener of listeners) listener.dispose();
    };
    return { host, dispose };
  }

  /** Starting the engine may fail, for example because of a wrong setting: then the next call asks again. */
  private async methods(): Promise<readonly MergeMethodInfo[]> {
    const asking = (this.knownMethods ??= this.services.engine.methods(null, readViewOptions()));
    try {
      return await asking;
    } catch (error) {
      if (this.knownMethods === asking) this.knownMethods = undefined;
      throw error;
    }
  }

  private async session({ base }: StudioSelection): Promise<StudioMergeSession> {
    const records = this.memory.merges().filter(record => record.base === base.path);
    return {
      merges: await Promise.all(records.map(mergedOf)),
      merging: this.merging.current,
      evaluating: this.evaluating.current,
      evaluation: !workspace.isTrusted ? 'restricted' : hasEvaluationCommand() ? 'ready' : 'unset',
    };
  }

  private async plan(selection: StudioSelection, asked: StudioMergeRecipe): Promise<StudioMergePlan> {
    const methods = await this.methods();
    const method = methodOf(methods, asked.method);
    const output = asked.output ?? (await this.freeFolder(selection, method.name));
    const named = { output, outputName: basename(output) };
    try {
      await checkFree(output);
      const recipe = studioRecipe(selection, asked, method, output);
      const plan = await this.services.engine.planMerge(recipe, readRunOptions());
      const { bytes, memory, problems, readBytes } = plan;
      const seconds = expectedSeconds(this.memory.times(), methods, method, readBytes);
      return { ...named, bytes, memory, seconds, problems };
    } catch (error) {
      const problems = [{ severity: 'error', message: messageOf(error) }] as const;
      return { ...named, bytes: undefined, memory: undefined, seconds: undefined, problems };
    }
  }

  private async startMerge(selection: StudioSelection, asked: StudioMergeRecipe): Promise<void> {
    if (!workspace.isTrusted) throw new Error(l10n.t('Merging is off in Restricted Mode.'));
    if (this.merging.isRunning) throw new Error(l10n.t('A merge is already running.'));
    const method = methodOf(await this.methods(), asked.method);
    const output = asked.output ?? (await this.freeFolder(selection, method.name));
    await checkFree(output);
    const recipe = studioRecipe(selection, asked, method, output);
    const { base, source } = selection;
    this.merging.start(output, async ({ signal }) => {
      const allowed = { ...recipe, allowNonfinite: readAllowNonfinite() };
      const result = await this.services.writing.run(mergeJob(allowed, method), {
        cancel: tokenOf(signal),
        onProgress: progress => this.progressed.fire(progress),
      });
      // When a folder appears by a rename, its content is not always reported.
      this.services.checkpoints.refresh();
      const { bytes, readBytes, seconds, warnings } = result;
      this.services.log.info(
        `Merged into ${result.output}, ${seconds.toFixed(1)} s. ${result.backendReason}`,
      );
      for (const warning of warnings) this.services.log.warn(warning);
      await this.memory.learn(method.name, { bytes: readBytes, seconds });
      const { output } = result;
      const report = reportPath(result);
      await this.memory.add({ base: base.path, source, output, report, bytes, seconds, metrics: [] });
    });
  }

  private async startEvaluation({ output }: MergeRecord): Promise<void> {
    if (this.evaluating.isRunning) throw new Error(l10n.t('An evaluation is already running.'));
    this.evaluating.start(output, async abort => {
      const metrics = await evaluateModel(output, this.services.log, abort);
      await this.memory.setMetrics(output, metrics);
    });
  }

  private freeFolder(selection: StudioSelection, method: string): Promise<string> {
    const written = this.merging.isRunning ? this.merging.current?.output : undefined;
    return freeFolder(selection, method, path => path === written || exists(path));
  }

  /** A page may only name merges made here. */
  private recordOf(output: string): MergeRecord {
    const record = this.memory.merges().find(merge => merge.output === output);
    if (record === undefined) throw new Error(l10n.t('This merge is no longer in the list.'));
    return record;
  }
}

function required(selection: StudioSelection | undefined): StudioSelection {
  if (selection === undefined) throw new Error(l10n.t('Choose a base model and tasks first.'));
  return selection;
}

async function checkFree(output: string): Promise<void> {
  if (await exists(output)) {
    throw new Error(l10n.t('{0} already exists. Choose another folder.', output));
  }
}

async function mergedOf({ base: _, report, ...record }: MergeRecord): Promise<StudioMerged> {
  const merged = { ...record, name: basename(record.output) };
  if (report === undefined) return { ...merged, report, fault: l10n.t('Nothing was merged.') };
  try {
    return { ...merged, report: await readMergeReport(report), fault: undefined };
  } catch (error) {
    return { ...merged, report: undefined, fault: messageOf(error) };
  }
}

async function openReport({ report }: MergeRecord): Promise<void> {
  if (report !== undefined) await commands.executeCommand('vscode.open', Uri.file(report));
}

function tokenOf(signal: AbortSignal): CancellationToken {
  const source = new CancellationTokenSource();
  if (signal.aborted) source.cancel();
  signal.addEventListener('abort', () => source.cancel());
  return source.token;
}
