/** The adapter_config.json of an extracted adapter, as PEFT reads it. */
import type { Config } from '../../formats/huggingface/configFile.ts';

export interface AdapterModule {
  /** As in the base. */
  readonly name: string;
  readonly rank: number;
}

export interface AdapterFacts {
  readonly modules: readonly AdapterModule[];
  /** Names of all tensors of the base. */
  readonly tensors: Iterable<string>;
  /** The id or the path that PEFT loads the base from. */
  readonly base: string;
  /** The base's config.json. */
  readonly config: Config | undefined;
  /** Whether weights are stored as inputs × outputs. */
  readonly hasConv1d: boolean;
}

/** The strength α is the rank of each module, so that each change is B·A itself. */
export function adapterConfig({ modules, tensors, base, config, hasConv1d }: AdapterFacts): object {
  const r = mostFrequent(modules.map(({ rank }) => rank));
  // A key is a regular expression for the end of a module's name, or, after ^, for all of it.
  const ends = new Set(modules.flatMap(({ name }) => [...endingsOf(name)].slice(1)));
  const keyOf = (name: string): string => (ends.has(name) ? `^${name}` : name);
  const ranks = Object.fromEntries(
    modules.filter(({ rank }) => rank !== r).map(({ name, rank }) => [keyOf(name), rank]),
  );
  return {
    alpha_pattern: ranks,
    auto_mapping: null,
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: hasConv1d,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: r,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r,
    rank_pattern: ranks,
    revision: null,
    target_modules: targetModules(
      modules.map(({ name }) => name),
      tensors,
    ),
    task_type: taskType(config),
    use_dora: false,
    use_rslora: false,
  };
}

/** Of equally frequent ones the first. */
function mostFrequent(ranks: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const rank of ranks) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

/**
 * What selects exactly these modules: the last parts of their names, as people write it, or else their whole names.
 * PEFT takes what is equal to an entry, or ends with a dot and an entry. Where a whole name is the end of another
 * module's, it is a regular expression, which PEFT matches with the whole name.
 */
export function targetModules(names: readonly string[], tensors: Iterable<string>): string | string[] {
  const all = new Set([...tensors].flatMap(name => [...containersOf(name)]));
  const wanted = new Set(names);
  const selectsOthers = (entries: ReadonlySet<string>): boolean =>
    [...all].some(
      module => !wanted.has(module) && [...endingsOf(module)].some(ending => entries.has(ending)),
    );
  const last = new Set(names.map(name => name.replace(/^.*\./, '')));
  if (!selectsOthers(last)) return [...last].sort();
  if (!selectsOthers(wanted)) return [...names];
  return names.map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
}

/** All modules that a tensor is in. */
function* containersOf(tensor: string): Generator<string> {
  for (let dot = tensor.indexOf('.'); dot >= 0; dot = tensor.indexOf('.', dot + 1))
    yield tensor.slice(0, dot);
}

/** A name, and its rest after each dot. */
function* endingsOf(name: string): Generator<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

/** Only of models that generate text: PEFT would train a new head of any other. */
function taskType(config: Config | undefined): string | null {
  const [architecture] = Array.isArray(config?.architectures) ? (config.architectures as unknown[]) : [];
  return /ForCausalLM$|LMHeadModel$/.test(String(architecture)) ? 'CAUSAL_LM' : null;
}
