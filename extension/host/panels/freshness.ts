/** Whether models are as they were when they were measured. No `vscode` here: tests run it as it is. */
import { stampOfModel } from '../../formats/huggingface/modelStamp.ts';
import type { NamedPath } from '../../protocol/recipes.ts';
import { Disposable } from '../disposable.ts';

/** Models lie anywhere, also where VS Code watches nothing; their sizes and times are soon read. */
const LOOK_EVERY_MS = 2000;

export class Freshness extends Disposable {
  private models: readonly NamedPath[] = [];
  private stamps: Promise<readonly string[]> = Promise.resolve([]);
  private told = '';

  /** @param onChange told once for each set of names that changed */
  constructor(
    private readonly onChange: (names: readonly string[]) => void,
    everyMs = LOOK_EVERY_MS,
  ) {
    super();
    const timer = setInterval(() => void this.look(), everyMs);
    this._register({ dispose: () => clearInterval(timer) });
  }

  /** Called before models are read; what they are like from here on is compared with. */
  async begin(models: readonly NamedPath[]): Promise<void> {
    this.models = models;
    this.told = '';
    this.stamps = stampsOf(models);
    await this.stamps;
  }

  /** Names of those that are not as they were. */
  async changed(): Promise<readonly string[]> {
    const { models, stamps } = this;
    const [before, now] = await Promise.all([stamps, stampsOf(models)]);
    return models.filter((_, i) => before[i] !== now[i]).map(({ name }) => name);
  }

  private async look(): Promise<void> {
    const { models } = this;
    const names = await this.changed();
    if (models !== this.models || names.join() === this.told) return;
    this.told = names.join();
    this.onChange(names);
  }
}

const stampsOf = (models: readonly NamedPath[]): Promise<readonly string[]> =>
  Promise.all(models.map(({ path }) => stampOfModel(path)));
