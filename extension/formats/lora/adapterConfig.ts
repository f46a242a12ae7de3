/** How strong an adapter is, as its adapter_config.json says, or the metadata in its file. */
import { join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { shortened } from '../../shared/shortened.ts';
import { isObject, parsePythonJson } from '../json/jsonText.ts';
import { readJson } from '../smallFile.ts';

/** Patterns of thousands of modules take a megabyte. */
const MAX_BYTES = 4 << 20;

export interface AdapterConfig {
  /** Whether weights are stored as inputs × outputs (GPT-2's Conv1D). */
  readonly turned: boolean;
  /** The factor of a module's change. @param rank of its factors; undefined: it has none, and the config's counts */
  scaleOf(module: string, rank: number | undefined): number;
  /** Tokens of a module that were trained on their own, by index. */
  tokensOf(module: string): readonly number[];
}

/**
 * Reads `adapter_config.json` of PEFT or mlx-lm; undefined if there is none.
 * @throws UserError naming what of it is not supported, and the remedy
 */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig | undefined> {
  const file = join(folder, 'adapter_config.json');
  const json = await readJson(file, MAX_BYTES).catch((error: unknown) => {
    if (error instanceof UserError && /no such file/.test(error.message)) return undefined;
    throw error;
  });
  if (json === undefined) return undefined;
  if (!isObject(json)) throw new UserError(`${file}: not a JSON object`);
  return isObject(json.lora_parameters) ? ofMlx(file, json.lora_parameters) : ofPeft(file, json);
}

/** What changes how PEFT computes, with the remedy that always helps. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  alora_invocation_tokens: value => value !== null && value !== undefined,
  arrow_config: isObject,
  layer_replication: value => Array.isArray(value) && value.length > 0,
  target_parameters: value => Array.isArray(value) && value.length > 0,
  use_bdlora: value => value === true || isObject(value),
  use_qalora: value => value === true,
};

function ofPeft(file: string, json: Readonly<Record<string, unknown>>): AdapterConfig {
  const refused = Object.keys(REFUSED).find(key => REFUSED[key]?.(json[key]));
  if (refused !== undefined)
    throw new UserError(
      `${file}: "${refused}" is not supported; merge the adapter into its base model first (merge_and_unload)`,
    );
  const number = (value: unknown, key: string): number => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new UserError(`${file}: "${key}" is ${JSON.stringify(value)}; a number was expected`);
  };
  const tokensOf = tokensIn(file, json);
  if (json.peft_type === 'TRAINABLE_TOKENS') return { turned: false, scaleOf: () => 1, tokensOf };
  // LoHa's and LoKr's configs call it "alpha".
  const alpha = number(json.lora_alpha ?? json.alpha, 'lora_alpha');
  const r = number(json.r, 'r');
  const patternsOf = (key: 'alpha_pattern' | 'rank_pattern') => {
    const given = json[key];
    return Object.entries(isObject(given) ? given : {}).map(
      ([pattern, value]) => [matcher(file, key, pattern), number(value, `${key}.${pattern}`)] as const,
    );
  };
  const [alphas, ranks] = [patternsOf('alpha_pattern'), patternsOf('rank_pattern')];
  const of = (patterns: typeof alphas, module: string) => patterns.find(([one]) => one.test(module))?.[1];
  const rooted = json.use_rslora === true;
  return {
    turned: json.fan_in_fan_out === true,
    tokensOf,
    scaleOf(module, rank) {
      const own = rank ?? of(ranks, module) ?? r;
      // LoRA: α/r; rsLoRA (arXiv 2312.03732): α/√r.
      return (of(alphas, module) ?? alpha) / (rooted ? Math.sqrt(own) : own);
    },
  };
}

/** A list is for the one embedding that an adapter has; otherwise modules are named. */
function tokensIn(file: string, json: Readonly<Record<string, unknown>>): AdapterConfig['tokensOf'] {
  const key = json.peft_type === 'TRAINABLE_TOKENS' ? 'token_indices' : 'trainable_token_indices';
  const given = json[key] ?? [];
  const lists = Object.entries(isObject(given) ? given : { '': given });
  const isIndex = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  for (const [, list] of lists)
    if (!Array.isArray(list) || !list.every(isIndex))
      throw new UserError(`${file}: "${key}" is ${shortened(JSON.stringify(given))}; indices were expected`);
  return module =>
    (lists.find(([name]) => name === '' || name === module || module.endsWith(`.${name}`))?.[1] ??
      []) as readonly number[];
}

/** Where diffusers keeps what PEFT has in adapter_config.json, for each part of a pipeline (loaders/lora_base.py). */
const METADATA = 'lora_adapter_metadata';

/**
 * What a file of diffusers says of itself: `transformer.lora_alpha`, `text_encoder.r` …; undefined if it says nothing.
 * @throws UserError naming what of it is not supported
 */
export function metadataConfig(
  file: string,
  { [METADATA]: text }: Readonly<Record<string, string>>,
): AdapterConfig | undefined {
  const json = text === undefined ? undefined : parsePythonJson(text);
  if (!isObject(json)) return undefined;
  const parts = new Map<string, Record<string, unknown>>();
  for (const [key, value] of Object.entries(json)) {
    const dot = key.indexOf('.');
    const part = key.slice(0, Math.max(dot, 0));
    parts.set(part, { ...parts.get(part), [key.slice(dot + 1)]: value });
  }
  const configs = [...parts].map(([part, of]) => [part, ofPeft(`${file} (${METADATA})`, of)] as const);
  return {
    turned: false,
    tokensOf: () => [],
    scaleOf(module, rank) {
      const [part, config] = configs.find(([name]) => module.startsWith(`${name}.`)) ?? [];
      return part === undefined || !config ? 1 : config.scaleOf(module.slice(part.length + 1), rank);
    },
  };
}

/** Repetitions in a pattern: with more, matching a long name could take for ever, and PEFT writes none. */
const MOST_REPETITIONS = 2;

/** As PEFT matches the keys of its patterns: to the end of a module's name, from its beginning or after a dot. */
function matcher(file: string, key: string, pattern: string): RegExp {
  if ((pattern.match(/[*+}]/g) ?? []).length > MOST_REPETITIONS)
    throw new UserError(
      `${file}: "${pattern}" in ${key} has more than ${MOST_REPETITIONS} repetitions; name the modules instead`,
    );
  try {
    return new RegExp(`^(.*\\.)?(${pattern})$`);
  } catch {
    throw new UserError(`${file}: "${pattern}" in ${key} is not a regular expression`);
  }
}

function ofMlx(file: string, { scale }: Readonly<Record<string, unknown>>): AdapterConfig {
  if (typeof scale !== 'number' || !Number.isFinite(scale))
    throw new UserError(
      `${file}: "lora_parameters.scale" is ${JSON.stringify(scale)}; a number was expected`,
    );
  return { turned: false, scaleOf: () => scale, tokensOf: () => [] };
}
