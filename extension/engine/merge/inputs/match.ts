/** Which tensors of the inputs belong to which of the merged model, and what happens to each. */
import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { Problem, TensorFate } from '../../../protocol/results.ts';
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { isQuantizable } from '../../../formats/dtype.ts';
import { formatBytes } from '../../../shared/format.ts';
import { error, warning } from '../../../shared/problems.ts';
import { isBuffer, LARGE_INTEGERS } from '../../../formats/names/buffers.ts';
import { fatesOf } from '../../match/fates.ts';
import { estrangement } from '../../match/kinship.ts';
import { listed } from '../../../formats/listed.ts';
import { embeddingOf, isHead } from '../../../formats/names/tiedHead.ts';
import { exactSource, type InputTensor } from '../../tensors/inputTensor.ts';
import { describeMisfits, misfitOf, type Misfit } from './misfits.ts';
import { tensorOf, tensorsOf, type OpenInput } from './openInput.ts';
import { Sizing, type Sized } from './sizing.ts';

/** A tensor of the merged model. */
export interface MatchedTensor {
  readonly tensor: string;
  /** What gives it its shape and dtype: the base's tensor, or the first model's. */
  readonly original: TensorSource;
  readonly fate: TensorFate['fate'];
  readonly why: string;
  /** The base's tensor, which task vectors are relative to; for a head that the base lacks, its embedding. */
  readonly base: TensorSource | undefined;
  /** merged: of every input. */
  readonly inputs: readonly InputTensor[];
  /** copied: the bytes to copy, and what the inputs have instead. */
  readonly copied:
    { readonly source: TensorSource; readonly beside: readonly (TensorSource | undefined)[] } | undefined;
  /** For a head that is tied in every model: the embedding's name, whose random numbers it shares. */
  readonly twin: string | undefined;
}

export interface Match {
  readonly tensors: readonly MatchedTensor[];
  readonly problems: readonly Problem[];
  /** Whether the merged model has an output head of its own; undefined if unknown. */
  readonly ownHead: boolean | undefined;
  /** Tensors that were brought to the reference's size. */
  readonly sized: readonly Sized[];
  /** The input that tensors of other shapes were copied from: config and tokenizer are then its own too. */
  readonly donor: OpenInput | undefined;
}

const INTEGERS = 'integers';

/** The model that the others are compared with. */
export interface Reference {
  readonly base: Checkpoint | undefined;
  /** Tensors of the base, or of the first model. */
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Whether its head is its embedding; undefined if unknown. */
  readonly tied: boolean | undefined;
  /** Whether its config says that it is, so that no loader looks for a head. */
  readonly saysTied: boolean;
}

/** Compares the inputs with the reference, tensor by tensor. */
export class Matching {
  readonly #misfits: Misfit[] = [];
  readonly #sizing: Sizing;
  readonly #problems: Problem[] = [];
  /** Inputs for which one line already says everything. */
  readonly #strangers = new Set<string>();
  readonly #lackedBuffers: string[] = [];
  readonly #label: string;
  #donor: OpenInput | undefined;

  /** @param tied by input, whether its head is its embedding; undefined if unknown */
  constructor(
    private readonly onMismatch: MergeRecipe['onMismatch'],
    private readonly reference: Reference,
    private readonly inputs: readonly OpenInput[],
    private readonly tied: readonly (boolean | undefined)[],
  ) {
    this.#sizing = new Sizing(reference.tensors);
    this.#label = reference.base ? 'the base' : `"${inputs[0]?.name}"`;
  }

  match(): Match {
    const { tensors: model } = this.reference;
    for (const input of this.inputs) {
      const why = estrangement(tensorsOf(input), model, this.#isStrict);
      if (why === undefined) continue;
      this.#strangers.add(input.name);
      this.#problems.push(error(`input "${input.name}": ${why.replaceAll('the base', this.#label)}`));
    }
    const head = this.#head();
    const names = [...model.keys(), ...(head && !model.has(head.name) ? [head.name] : [])].sort();
    const tensors = names.map(name => (name === head?.name ? this.#matchHead(head) : this.#matchOne(name)));
    this.#tellMisfits();
    const all = [...tensors, ...this.#extras(new Set(names))];
    this.#tellCopies(all);
    return {
      tensors: all,
      problems: this.#problems,
      ownHead: head?.own,
      sized: this.#sizing.sized,
      donor: this.#donor,
    };
  }

  /** Whether what does not fit is refused. */
  get #isStrict(): boolean {
    return this.onMismatch === 'error' || this.onMismatch === 'rows';
  }

  #tellMisfits(): void {
    const { told, refused } = this.#sizing.misfits();
    const outcome = this.#isStrict ? 'error' : this.onMismatch;
    this.#problems.push(
      ...describeMisfits([...this.#misfits, ...refused], this.#label, outcome),
      ...describeMisfits(told, this.#label, 'rows'),
    );
  }

  #matchOne(tensor: string): MatchedTensor {
    const original = this.reference.tensors.get(tensor) as TensorSource;
    const found = this.inputs.map(input => tensorOf(input, tensor));
    if (isBuffer(tensor, original.shape)) {
      if (found.includes(undefined)) this.#lackedBuffers.push(tensor);
      return this.#copied(tensor, original, found, 'buffers, which a model computes itself');
    }
    if (!isQuantizable(original.dtype)) return this.#copied(tensor, original, found, INTEGERS);
    return this.#judged(tensor, original, found);
  }

  /**
   * Merges a tensor that every input has in the reference's shape; others are treated as requested.
   * @param tied of a head, whether it is the embedding in an input
   */
  #judged(
    tensor: string,
    original: TensorSource,
    found: readonly (InputTensor | undefined)[],
    tied: readonly (boolean | undefined)[] = [],
  ): MatchedTensor {
    const brought =
      this.onMismatch === 'rows'
        ? found.map((input, i) => this.#sizing.bring(this.inputs[i] as OpenInput, tensor, original, input))
        : found;
    const isSized = brought.some((input, i) => input !== found[i]);
    const misfits = brought.flatMap(
      (input, i) => misfitOf((this.inputs[i] as OpenInput).name, tensor, original, input, tied[i]) ?? [],
    );
    if (misfits.length === 0) {
      if (original.bytes === 0) return this.#copied(tensor, original, found, 'empty');
      const inputs = brought as readonly InputTensor[];
      const base = this.reference.base && original;
      const what = isSized ? 'floats, of another size in some models (--on-mismatch rows)' : 'floats';
      return { ...this.#row(tensor, original, what), fate: 'merged', base, inputs };
    }
    this.#misfits.push(...misfits.filter(({ input }) => !this.#strangers.has(input)));
    if (this.#isStrict) return this.#copied(tensor, original, found, 'does not fit');
    const why = `not the same in all models (--on-mismatch ${this.onMismatch})`;
    if (this.onMismatch === 'skip') return this.#row(tensor, original, why);
    const first = this.onMismatch === 'first' ? found.findIndex(input => input && exactSource(input)) : -1;
    if (first < 0) return this.#copied(tensor, original, found, why);
    const source = exactSource(found[first] as InputTensor) as TensorSource;
    this.#donor ??= this.inputs[first];
    return this.#copied(tensor, source, found, why);
  }

  /** Tensors that only inputs have: left out, or taken from the first input that has one. */
  #extras(known: ReadonlySet<string>): MatchedTensor[] {
    const taken: MatchedTensor[] = [];
    for (const input of this.inputs) {
      const extra = [...tensorsOf(input).keys()].filter(name => !known.has(name));
      if (extra.length === 0 || this.#strangers.has(input.name)) continue;
      const sources = extra.flatMap(name => {
        const found = this.onMismatch === 'first' ? tensorOf(input, name) : undefined;
        const source = found && exactSource(found);
        return source ? [{ name, source }] : [];
      });
      const fresh = sources.filter(({ name }) => taken.every(({ tensor }) => tensor !== name));
      for (const { name, source } of fresh) {
        const beside = this.inputs.map(other => tensorOf(other, name));
        taken.push(this.#copied(name, source, beside, `not in ${this.#label} (--on-mismatch first)`));
      }
      if (fresh.length > 0) this.#donor ??= input;
      const outcome = this.onMismatch === 'first' ? 'taken from the first input that has it' : 'left out';
      this.#problems.push(
        warning(`input "${input.name}" has ${listed(extra)} that ${this.#label} lacks; ${outcome}`),
      );
    }
    return taken;
  }

  #tellCopies(tensors: readonly MatchedTensor[]): void {
    if (this.#lackedBuffers.length > 0) {
      const what = listed(this.#lackedBuffers);
      this.#problems.push(
        warning(`some inputs lack ${what}, which a model computes itself; kept from ${this.#label}`),
      );
    }
    const large = tensors.filter(({ why, original }) => why === INTEGERS && original.bytes > LARGE_INTEGERS);
    if (large.length === 0) return;
    const bytes = large.reduce((sum, { original }) => sum + original.bytes, 0);
    const what = listed(large.map(({ tensor }) => tensor));
    this.#problems.push(
      warning(`${what}, ${formatBytes(bytes)} of integers, copied from ${this.#label}: they are not merged`),
    );
  }

  #copied(
    tensor: string,
    source: TensorSource,
    found: readonly (InputTensor | undefined)[],
    why: string,
  ): MatchedTensor {
    const beside = found.map(input => input && exactSource(input));
    return { ...this.#row(tensor, source, why), fate: 'copied', copied: { source, beside } };
  }

  #row(tensor: string, original: TensorSource, why: string): MatchedTensor {
    const base = this.reference.base?.tensors.get(tensor);
    return { tensor, original, fate: 'left out', why, base, inputs: [], copied: undefined, twin: undefined };
  }

  /** The output head, if some model has its own while others are tied. */
  #head(): Head | undefined {
    const { tensors: model, tied } = this.reference;
    const all = [model, ...this.inputs.map(tensorsOf)];
    const names = new Set(all.flatMap(tensors => [...tensors.keys()].filter(isHead)));
    // Models with several heads (one a part) have them all; a single one is what libraries leave out.
    const [name] = names;
    if (name === undefined || names.size > 1) return undefined;
    const stored = all.map(tensors => tensors.get(name));
    const ties = [tied, ...this.tied];
    if (stored.every(head => head !== undefined) && !ties.includes(true)) return undefined;
    const shape = stored.find(head => head !== undefined)?.shape;
    const embedding = model.get(embeddingOf(name, shape, model) ?? '');
    if (!embedding) return undefined;
    return { name, embedding, own: stored.some((head, i) => head !== undefined && ties[i] !== true) };
  }

  #matchHead({ name, embedding, own }: Head): MatchedTensor {
    const { tensors: model, tied, saysTied } = this.reference;
    const twin = own ? undefined : embedding.name;
    const stored = tied === true ? undefined : model.get(name);
    const original = stored ?? embedding;
    if (!own && (saysTied || !model.has(name))) return this.#row(name, original, 'the head is the embedding');
    const found = this.inputs.map((input, i) => {
      const head = this.tied[i] === true ? undefined : tensorOf(input, name);
      // A model without its own head uses its embedding, unless that would count from a base's own head.
      const untied =
        this.tied[i] === false ||
        (stored !== undefined && (this.tied[i] !== true || this.reference.base !== undefined));
      return head ?? (untied ? undefined : tensorOf(input, embedding.name));
    });
    return { ...this.#judged(name, original, found, this.tied), twin };
  }
}

interface Head {
  readonly name: string;
  /** The reference's embedding, which replaces the head if a model has none. */
  readonly embedding: TensorSource;
  /** Whether the merged model has a head of its own. */
  readonly own: boolean;
}

/**
 * What happens to each tensor, for the plan and the report.
 * @param copied tensors with NaN or infinity that turned out to be the same in all models
 */
export const fatesOfMatch = ({ tensors }: Match, copied: ReadonlySet<string> = new Set()): TensorFate[] =>
  fatesOf(
    tensors.map(({ tensor, original: { shape }, fate, why }) =>
      copied.has(tensor)
        ? { tensor, shape, fate: 'copied', why: 'NaN or infinite values, the same in all models' }
        : { tensor, shape, fate, why },
    ),
  );
