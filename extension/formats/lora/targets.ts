/** Which tensor of a model a module of an adapter changes: tools write one module's name in many ways. */
import { translations, type Place } from './translations.ts';

/** A module of the model: the names of its tensors, and its place in them if they hold several modules. */
export interface Target {
  readonly weight: string | undefined;
  readonly bias: string | undefined;
  readonly place: Place | undefined;
}

/** What kohya's trainers put in front, per part of a model. */
const KOHYA = /^(lora|lycoris)_(unet|te\d?|text_encoder_?\d?|transformer|prior|dit|llm)?_?/;
/** Containers that an adapter may name although its model does not. */
const CONTAINER =
  /^(base_model|model|module|unet|transformer|text_encoder(_\d)?|diffusion_model|language_model|text_model)\./;

/** Finds modules by their names. */
export class Targets {
  readonly #modules = new Map<string, { weight?: string; bias?: string }>();
  /** By each ending of a module's name after a dot, with dots as underscores; null if several share it. */
  readonly #byEnding = new Map<string, string | null>();

  /** @param names of the model's tensors */
  constructor(names: Iterable<string>) {
    for (const name of names) {
      const module = name.replace(/[._](weight|bias)$/, '');
      const tensors = this.#modules.get(module) ?? {};
      this.#modules.set(module, { ...tensors, [name.endsWith('bias') ? 'bias' : 'weight']: name });
    }
    for (const module of this.#modules.keys())
      for (const ending of endingsOf(module)) {
        const key = underscored(ending);
        const known = this.#byEnding.get(key);
        this.#byEnding.set(key, known === undefined || known === module ? module : null);
      }
  }

  /** All that a module may stand for; several where names alone do not tell. */
  find(name: string): readonly Target[] {
    const bare = name.replace(KOHYA, '');
    return [{ name: bare, place: undefined }, ...translations(bare)].flatMap(({ name: other, place }) => {
      const { weight, bias } = this.#modules.get(this.#lookUp(other) ?? '') ?? {};
      return weight === undefined && bias === undefined ? [] : [{ weight, bias, place }];
    });
  }

  #lookUp(name: string): string | undefined {
    for (let rest = name; ; rest = rest.replace(CONTAINER, '')) {
      const found = this.#byEnding.get(underscored(rest));
      if (found) return found;
      if (found === null || !CONTAINER.test(rest)) return undefined;
    }
  }
}

const underscored = (name: string): string => name.replaceAll('.', '_');

/** A name, and its rest after each dot. */
function* endingsOf(name: string): Generator<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}
