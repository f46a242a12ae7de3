import type { AnalysisTable } from '../../../extension/protocol/analysis.ts';
import type { TaskComparisons } from '../../../extension/protocol/comparison.ts';
import type { ExportedFile, ExportHost } from '../../../extension/protocol/exports.ts';
import type { StudioMergeHost } from '../../../extension/protocol/merge.ts';
import type { Progress, QuantizeResult } from '../../../extension/protocol/results.ts';
import type {
  StudioHost,
  StudioMark,
  BudgetRecipe,
  StudioSelection,
} from '../../../extension/protocol/studio.ts';
import { parseBudget } from '../../../extension/shared/allocation/index.ts';
import { sampleComparisons } from './sampleFile.ts';
import { sampleTable, type SampleOptions } from './sampleTable.ts';

/** What the host does: answer, have nothing chosen, fail once, never answer, be cancelled once, have names that are
 * markup, or be opened for a .tvq file. */
export type StudioScenario = 'ready' | 'empty' | 'refused' | 'silent' | 'hostile' | 'file';

/** What the file of that scenario was made with. */
const START: BudgetRecipe = {
  budget: '3bpw',
  sensitivity: 'depth',
  rules: [{ tensors: 'lm_head.weight', bits: 'exact' }],
};

const MARKUP = '</script><img src=x onerror="console.error(1)"><b>';

/** A host over a made-up analysis that records its calls. */
export class MockStudioHost implements Omit<StudioHost, Exclude<keyof StudioMergeHost, keyof ExportHost>> {
  readonly orders: BudgetRecipe[] = [];
  readonly saved: ExportedFile[] = [];
  readonly commands: BudgetRecipe[] = [];
  readonly opened: string[] = [];
  onStale: (names: readonly string[]) => void = () => undefined;
  onProgress: (progress: Progress) => void = () => undefined;
  readonly #table: AnalysisTable;
  readonly #options: SampleOptions;
  #scenario: StudioScenario;
  #cancel: () => void = () => undefined;

  constructor(options: SampleOptions, scenario: StudioScenario) {
    const table = sampleTable(options);
    const hostile = scenario === 'hostile';
    this.#scenario = scenario;
    this.#options = options;
    this.#table = hostile
      ? {
          ...table,
          tasks: table.tasks.map((_, t) => `${MARKUP}${t}`),
          tensors: table.tensors.map(tensor => ({ ...tensor, name: MARKUP + tensor.name })),
        }
      : table;
  }

  async open(): Promise<StudioSelection | undefined> {
    return this.#scenario === 'empty' ? undefined : this.#selection();
  }

  async choose(): Promise<StudioSelection | undefined> {
    this.#scenario = 'ready';
    return this.#selection();
  }

  async analyze(): Promise<AnalysisTable | undefined> {
    return this.#work(() => this.#table);
  }

  async analyzeShared(): Promise<AnalysisTable | undefined> {
    return this.#work(() => sampleTable({ ...this.#options, tasks: 1 }));
  }

  /** Changes what it does from now on. */
  become(scenario: StudioScenario): void {
    this.#scenario = scenario;
  }

  async compare(most: number | undefined): Promise<TaskComparisons | undefined> {
    return this.#work(() => sampleComparisons(most));
  }

  async cancel(): Promise<void> {
    this.#cancel();
  }

  async marks(): Promise<readonly StudioMark[]> {
    const at = (label: string, bits: number) => ({
      label,
      bytes: Math.round((this.#table.weights * bits) / 8),
    });
    return [at('TVQ INT2', 2), at('TVQ INT3', 3), at('TVQ INT4', 4), at('RTVQ B3O2', 2.4)];
  }

  async device() {
    return { chosen: 'cpu', reason: 'no GPU was found' } as const;
  }

  async quantize(order: BudgetRecipe): Promise<QuantizeResult | undefined> {
    this.orders.push(order);
    const budget = parseBudget(order.budget);
    const { tasks, weights, fp32Bytes } = this.#table;
    const bytes = budget.kind === 'bytes' ? budget.bytes : 0;
    return this.#work(() => ({
      output: '/models/models-2.00bpw.tvq',
      bytes,
      fp32Bytes,
      bitsPerWeight: (8 * bytes) / weights,
      tasks,
      tensors: { quantized: this.#table.slots.end.length, kept: 0, unchanged: 0 },
      relativeErrors: tasks.map(() => 0.1),
      seconds: 1.5,
      readBytes: fp32Bytes,
      backend: 'cpu',
      backendReason: 'no GPU was found',
      warnings: [],
    }));
  }

  async openResult(output: string): Promise<void> {
    this.#fail();
    this.opened.push(output);
  }

  async copyCommand(order: BudgetRecipe): Promise<void> {
    this.#fail();
    this.commands.push(order);
  }

  async saveFile(file: ExportedFile): Promise<boolean> {
    this.#fail();
    this.saved.push(file);
    return true;
  }

  /** Work that takes long. */
  async #work<T>(answer: () => T): Promise<T | undefined> {
    this.onProgress({ done: 1, total: 3, current: 'model.layers.0.mlp.up_proj.weight' });
    this.#fail();
    if (this.#scenario !== 'silent') return answer();
    await new Promise<void>(resolve => (this.#cancel = resolve));
    this.#scenario = 'ready';
    return undefined;
  }

  /** @throws once, in the scenario for that */
  #fail(): void {
    if (this.#scenario !== 'refused') return;
    this.#scenario = 'ready';
    throw new Error('/models/math: no tensor name in common with the base /models/base');
  }

  #selection(): StudioSelection {
    const named = (name: string) => ({ name, path: `/models/${name}` });
    const base = this.#scenario === 'hostile' ? MARKUP : 'Llama-7B';
    const models = { base: named(base), tasks: this.#table.tasks.map(named) };
    if (this.#scenario !== 'file') return models;
    return { ...models, source: '/models/small.tvq', start: START, note: 'There is no setting for pruning.' };
  }
}
