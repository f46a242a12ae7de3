import type { ExportedFile } from '../../../../extension/protocol/exports.ts';
import type {
  StudioMergeActivity,
  StudioMergeRecipe,
  StudioMerged,
  StudioMergeHost,
  StudioMergePage,
  StudioMergeSession,
} from '../../../../extension/protocol/merge.ts';
import { translatable } from '../../../../extension/shared/translatable.ts';
import { MERGES, METHODS, sampleMerge } from './samples.ts';

/** What the host does: have merges, have none, have no command, be restricted, never answer, refuse once, fail a merge,
 * or have merges whose names are markup. */
export type Scenario =
  'ready' | 'empty' | 'unset' | 'restricted' | 'silent' | 'refused' | 'failing' | 'hostile';

const MARKUP = '</script><img src=x onerror="console.error(1)"><b>';
const DELAY_MS = 10;

const pause = () => new Promise(resolve => setTimeout(resolve, DELAY_MS));

/** A host that keeps merges as the real one does, and records its calls. */
export class MockMergeHost implements StudioMergeHost {
  readonly planned: StudioMergeRecipe[] = [];
  readonly started: StudioMergeRecipe[] = [];
  readonly saved: ExportedFile[] = [];
  readonly calls: string[] = [];
  page: StudioMergePage | undefined;
  #scenario: string;
  #merges: readonly StudioMerged[];
  #merging: StudioMergeActivity | undefined;
  #evaluating: StudioMergeActivity | undefined;

  constructor(scenario: string) {
    this.#scenario = scenario;
    this.#merges = scenario === 'empty' || scenario === 'failing' ? [] : MERGES;
    if (scenario === 'hostile') {
      this.#merges = MERGES.map(merge => ({
        ...merge,
        name: MARKUP,
        fault: MARKUP,
        metrics: [{ name: MARKUP, value: 1 }],
      }));
    }
  }

  async mergeMethods() {
    await pause();
    if (this.#scenario === 'silent') await new Promise(() => {});
    if (this.#scenario === 'refused') {
      this.#scenario = 'ready';
      throw new Error('The setting tvq.engine.nodePath, "/opt/node", cannot be run.');
    }
    if (this.#scenario !== 'hostile') return METHODS;
    return METHODS.map(method => ({
      ...method,
      title: MARKUP,
      meaning: translatable(MARKUP),
      variant: MARKUP,
    }));
  }

  async mergeSession(): Promise<StudioMergeSession> {
    return {
      merges: this.#merges,
      merging: this.#merging,
      evaluating: this.#evaluating,
      evaluation: this.#scenario === 'unset' || this.#scenario === 'restricted' ? this.#scenario : 'ready',
    };
  }

  async planMerge(choices: StudioMergeRecipe) {
    this.planned.push(choices);
    await pause();
    const output = choices.output ?? `/home/someone/models/${this.#free(choices.method)}`;
    return {
      output,
      outputName: output.split('/').at(-1) ?? '',
      bytes: 1_215_873_024,
      memory: 655_000_000,
      seconds: this.#merges.length > 0 ? 6.2 : undefined,
      problems:
        choices.method === 'iso_c'
          ? [{ severity: 'error', message: 'cars has no tensor of two dimensions.' } as const]
          : [
              {
                severity: 'warning',
                message: 'tokenizer.json differs between the models; the base’s is taken.',
              } as const,
            ],
    };
  }

  async startMerge(choices: StudioMergeRecipe) {
    this.started.push(choices);
    const name = this.#free(choices.method);
    this.#merging = { state: 'running', output: `/home/someone/models/${name}`, name };
    await this.#tell();
    if (this.#scenario === 'failing') {
      await this.#end({ state: 'failed', message: 'cars/model.safetensors: the file ends at byte 512,000.' });
    }
  }

  /** Called by tests to let the merge progress, or end. */
  advance(done: number): void {
    this.page?.mergeProgress({
      done,
      total: 100,
      current: 'model.visual.transformer.resblocks.7.mlp.c_fc.weight',
    });
  }

  async finish(): Promise<void> {
    const choices = this.started.at(-1);
    if (choices === undefined || this.#merging === undefined) return;
    const { name, output } = this.#merging;
    this.#merges = [
      ...this.#merges,
      sampleMerge(choices.method, { name, output, seconds: 7.7 }, { seed: 1.5 }),
    ];
    this.#merging = undefined;
    await this.#tell();
  }

  async cancelMerge() {
    await this.#end({ state: 'cancelled' });
  }

  async chooseMergeOutput(proposed: string) {
    return `${proposed}-mine`;
  }

  async startEvaluation(output: string) {
    this.calls.push(`evaluate ${output}`);
    const { name } = this.#merges.find(merge => merge.output === output) as StudioMerged;
    this.#evaluating = { state: 'running', output, name };
    await this.#tell();
  }

  async scored(metrics: StudioMerged['metrics']): Promise<void> {
    const output = this.#evaluating?.output;
    this.#merges = this.#merges.map(merge => (merge.output === output ? { ...merge, metrics } : merge));
    this.#evaluating = undefined;
    await this.#tell();
  }

  async unscored(message: string): Promise<void> {
    this.#evaluating = { ...(this.#evaluating as StudioMergeActivity), state: 'failed', message };
    await this.#tell();
  }

  async cancelEvaluation() {
    this.#evaluating = { ...(this.#evaluating as StudioMergeActivity), state: 'cancelled' };
    await this.#tell();
  }

  async openEvaluationSetting() {
    this.calls.push('setting');
  }

  async revealMerge(output: string) {
    this.calls.push(`reveal ${output}`);
  }

  async openMergeReport(output: string) {
    this.calls.push(`report ${output}`);
  }

  async forgetMerge(output: string) {
    this.#merges = this.#merges.filter(merge => merge.output !== output);
    await this.#tell();
  }

  async saveFile(file: ExportedFile) {
    this.saved.push(file);
    return true;
  }

  #free(method: string): string {
    const stem = `merged-${method.replaceAll('_', '-')}`;
    const taken = this.#merges.filter(({ name }) => name.startsWith(stem)).length;
    return taken === 0 ? stem : `${stem}-${taken + 1}`;
  }

  async #end(how: Pick<StudioMergeActivity, 'state' | 'message'>): Promise<void> {
    if (this.#merging === undefined) return;
    this.#merging = { ...this.#merging, ...how };
    await this.#tell();
  }

  async #tell(): Promise<void> {
    await pause();
    this.page?.mergeChanged(await this.mergeSession());
  }
}
