/** A model as a base and an adapter: every tensor of the base, those that the adapter changes as computed sources. */
import { dirname } from 'node:path';
import type { Problem } from '../../protocol/results.ts';
import { listed } from '../../shared/listed.ts';
import { error, warning } from '../../shared/problems.ts';
import { UserError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { elementCount, isQuantizable, tensorBytes } from '../dtype.ts';
import { modelDtypeOf, type TensorSource } from '../tensorSource.ts';
import { metadataConfig, readAdapterConfig, type AdapterConfig } from './adapterConfig.ts';
import { sidesOf, type AdaptedSource, type Delta, type Magnitude, type ReplacedRows } from './deltaSource.ts';
import { moduleDelta, type ModuleDelta } from './moduleDelta.ts';
import { adapterParts } from './modules.ts';
import { Targets, type Target } from './targets.ts';

export interface Applied {
  readonly checkpoint: Checkpoint;
  readonly problems: readonly Problem[];
}

/**
 * Opens nothing but the adapter's config.
 * @throws UserError naming an adapter whose tensors do not fit together, or whose strength is unknown
 */
export async function applyAdapter(adapter: Checkpoint, base: Checkpoint): Promise<Applied> {
  const { path, tensors } = adapter;
  const { modules, whole } = adapterParts(tensors);
  const config = await configOf(adapter);
  const changes = new Changes(base);
  const targets = new Targets(base.tensors.keys());
  for (const module of modules) changes.add(moduleDelta(module, config), targets.find(module.name));
  for (const [name, source] of whole)
    changes.replace(name, source, targets.find(name.replace(/\.(weight|bias)$/, '')));
  return {
    checkpoint: {
      ...adapter,
      tensors: changes.tensors,
      adapter: undefined,
      bytes: adapter.bytes + base.bytes,
      files: [...adapter.files, ...base.files],
      stamps: [...adapter.stamps, ...base.stamps],
    },
    problems: changes.problems(path, modules.length + whole.size),
  };
}

/** PEFT and mlx-lm write a config beside the weights, which counts for no file of another tool. */
const WITH_CONFIG = /^base_model\.model\.|\.lora_[ab]$/;

async function configOf({
  path,
  files,
  tensors,
  metadata,
  adapter,
}: Checkpoint): Promise<AdapterConfig | undefined> {
  const [file] = files as [string];
  if (![...tensors.keys()].some(name => WITH_CONFIG.test(name))) return metadataConfig(file, metadata);
  const config = await readAdapterConfig(dirname(file));
  if (config) return config;
  throw new UserError(
    `${path}: ${adapter?.what} without its adapter_config.json, which has its alpha; download that too`,
  );
}

/** What an adapter changes in a base. */
class Changes {
  readonly #tensors: Map<string, TensorSource>;
  /** Tensors that this adapter has changed so far. */
  readonly #changed = new Map<string, AdaptedSource>();
  readonly #missing: string[] = [];
  readonly #misfits: string[] = [];

  constructor(base: Checkpoint) {
    this.#tensors = new Map(base.tensors);
  }

  get tensors(): ReadonlyMap<string, TensorSource> {
    return this.#tensors;
  }

  /** Adds a module's change to the first of the targets that it fits. */
  add(delta: ModuleDelta, targets: readonly Target[]): void {
    const fitting = targets.find(target => this.#fits(delta, target));
    if (!fitting) {
      (targets.length > 0 ? this.#misfits : this.#missing).push(delta.module);
      return;
    }
    const { weight, bias, place } = fitting;
    if (delta.weight) this.#change(weight as string, delta.weight, place, delta.magnitude);
    if (delta.bias) this.#change(bias as string, delta.bias, place, undefined);
    if (delta.tokens) this.#replaceTokens(weight as string, delta.tokens);
  }

  /** A tensor that was trained whole; one of another size is judged like any other model's. */
  replace(name: string, source: TensorSource, targets: readonly Target[]): void {
    const found = targets.map(({ weight, bias }) => (name.endsWith('bias') ? bias : weight));
    const own = found.find(known => known !== undefined);
    if (own === undefined) this.#missing.push(name);
    else this.#tensors.set(own, { ...source, name: own });
  }

  problems(path: string, all: number): Problem[] {
    const lost = this.#missing.length + this.#misfits.length;
    if (lost === all)
      return [
        error(
          `${path}: none of its ${all} modules fits the base: ${listed([...this.#misfits, ...this.#missing])}; is it an adapter of this model?`,
        ),
      ];
    return [
      ...(this.#misfits.length > 0
        ? [
            error(
              `${path}: of another size than in the base: ${listed(this.#misfits)}; is it an adapter of this model?`,
            ),
          ]
        : []),
      ...(this.#missing.length > 0
        ? [
            warning(
              `${path}: ${this.#missing.length} of its ${all} modules are not in the base and left out: ${listed(this.#missing)}`,
            ),
          ]
        : []),
    ];
  }

  #fits({ weight, bias, tokens }: ModuleDelta, target: Target): boolean {
    const fits = (delta: Pick<Delta, 'matrix'> | undefined, name: string | undefined): boolean => {
      if (!delta) return true;
      const original = name === undefined ? undefined : this.#tensors.get(name);
      if (!original || !isQuantizable(original.dtype)) return false;
      const [rows, cols] = sidesOf(original);
      const { matrix } = delta;
      return matrix.cols === cols && (target.place === undefined ? matrix.rows === rows : matrix.rows < rows);
    };
    const width = tokens && sidesOf(tokens.source)[1];
    const embedding = tokens && this.#tensors.get(target.weight ?? '');
    const holdsTokens =
      !tokens || (embedding && isQuantizable(embedding.dtype) && sidesOf(embedding)[1] === width);
    return fits(weight, target.weight) && fits(bias, target.bias) && holdsTokens === true;
  }

  #change(
    name: string,
    delta: Omit<Delta, 'firstRow'>,
    place: Target['place'],
    norms: TensorSource | undefined,
  ): void {
    const known = this.#changed.get(name);
    const original = this.#tensors.get(name) as TensorSource;
    const base = known?.base ?? original;
    const [rows] = sidesOf(base);
    const { matrix } = delta;
    const firstRow =
      place === undefined ? 0 : place === 'last' ? rows - matrix.rows : place.part * matrix.rows;
    const taken = known?.deltas.find(
      one => one.firstRow < firstRow + matrix.rows && firstRow < one.firstRow + one.matrix.rows,
    );
    if (taken || (known && (known.magnitude ?? norms)))
      throw new UserError(`${base.file}: two modules of the adapter change "${name}"; which one is right?`);
    this.#put(name, (norms ?? sourceOf(matrix)).file, {
      deltas: [...(known?.deltas ?? []), { ...delta, firstRow }],
      magnitude: norms && magnitudeOf(norms, base),
    });
  }

  /** @throws UserError for tokens that the base does not have */
  #replaceTokens(name: string, tokens: ReplacedRows): void {
    const { file } = tokens.source;
    const [rows] = sidesOf(this.#tensors.get(name) as TensorSource);
    const beyond = tokens.indices.find(index => index >= rows);
    if (beyond !== undefined)
      throw new UserError(
        `${file}: changes token ${beyond} of "${name}", which has ${rows} in the base; resize the base's embeddings first, as before the training`,
      );
    this.#put(name, file, { tokens });
  }

  /** Changes a tensor, beside what is known of its change so far. */
  #put(
    name: string,
    file: string,
    change: Partial<Pick<AdaptedSource, 'deltas' | 'magnitude' | 'tokens'>>,
  ): void {
    const known = this.#changed.get(name);
    const original = this.#tensors.get(name) as TensorSource;
    const base = known?.base ?? original;
    const unchanged = { deltas: [], magnitude: undefined, tokens: undefined };
    const adapted: AdaptedSource = {
      kind: 'adapted',
      name,
      dtype: 'F32',
      shape: base.shape,
      bytes: tensorBytes('F32', base.shape),
      modelDtype: modelDtypeOf(base),
      base,
      ...(known ?? unchanged),
      ...change,
      file,
    };
    this.#changed.set(name, adapted);
    this.#tensors.set(name, adapted);
  }
}

/** A tensor of a matrix's factors. */
function sourceOf(matrix: Delta['matrix']): TensorSource {
  if (matrix.form === 'stored') return matrix.source;
  return matrix.form === 'core' ? matrix.core : sourceOf(matrix.left);
}

/** PEFT's norms are those of outputs; LyCORIS's those of inputs, [1, in, …], or of outputs, [out, 1, …]. */
function magnitudeOf(source: TensorSource, base: TensorSource): Magnitude {
  const count = elementCount(source.shape);
  const [rows, cols] = sidesOf(base);
  const inputs = base.shape[1] ?? cols;
  const ofInputs = source.name.endsWith('dora_scale') && source.shape[0] === 1;
  if (count === (ofInputs ? inputs : rows)) return { source, of: ofInputs ? 'columns' : 'rows' };
  throw new UserError(
    `${source.file}: tensor "${source.name}" has ${count} norms; "${base.name}" has ${rows} outputs and ${inputs} inputs`,
  );
}
