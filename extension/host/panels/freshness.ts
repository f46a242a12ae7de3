/** Whether models are unchanged since they were measured. No `vscode` here, so that tests can run it. */
import { stampOfModel } from '../../formats/huggingface/modelStamp.ts';
import type { NamedPath } from '../../protocol/recipes.ts';
import { Disposable } from '../disposable.ts';

/** Models may be where VS Code does not watch; reading their sizes and times is quick. */
const LOOK_EVERY_MS = 2000;

export class Freshness extends Disposable {
  private models: readonly NamedPath[] = [];
  private stamps: Promise<readonly string[]> = Promise.resolve([]);
  private told = '';

  /** @param onChange called once for each set of changed names */
  constructor(
    private readonly onChange: (names: readonly string[]) => void,
    everyMs = LOOK_EVERY_MS,
  ) {
    super();
    const timer = setInterval(() => void this.look(), everyMs);
    this._register({ dispose: () => clearInterval(timer) });
  }

  /** Called before models are read: their current state is what later ones are compared with. */
  async begin(models: readonly NamedPath[]): Promise<void> {
    this.models = models;
    this.told = '';
    this.stamps = stampsOf(models);
    await this.stamps;
  }

  /** Names of the models that have changed. */
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
