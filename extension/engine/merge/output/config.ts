/** Makes a config.json describe the weights beside it: sets values in its text and leaves every other byte alone. */
import { isPart, MAX_CONFIG_LENGTH } from '../../../formats/huggingface/configFile.ts';
import { isQuantizable, type QuantizableDtype } from '../../../formats/dtype.ts';
import { jsonTokens } from '../../../formats/json/jsonText.ts';
import type { UnplacedTensor } from './shards.ts';

const TORCH_NAMES: Readonly<Record<QuantizableDtype, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

export interface WrittenDtype {
  /** The dtype of most weights. */
  readonly dtype: QuantizableDtype;
  /** Whether all floating-point tensors have it. */
  readonly uniform: boolean;
}

/** A value to set in a config. */
export interface ConfigSetting {
  /** Its path of keys: `['text_config', 'vocab_size']`. */
  readonly path: readonly string[];
  /** undefined: the key is removed. */
  readonly value:
    boolean | number | readonly string[] | Readonly<Record<string, string | number>> | object | undefined;
}

/** The dtype of floating-point tensors; undefined when there are none. */
export function writtenDtype(tensors: readonly UnplacedTensor[]): WrittenDtype | undefined {
  const bytes = new Map<QuantizableDtype, number>();
  for (const tensor of tensors) {
    if (isQuantizable(tensor.dtype)) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.bytes);
  }
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  return most && { dtype: most[0], uniform: bytes.size === 1 };
}

/**
 * Sets values in a config's text, and `dtype` and `torch_dtype` (transformers' name up to version 4) where it has them,
 * also in the configs of its parts if all weights have one dtype. Only those values are replaced: parsing and printing
 * again would turn 10000.0 into 10000 and cannot read the NaN and Infinity that Python writes. A setting whose key is
 * missing is added; one in a part that is missing is left out; one without a value removes its key.
 * @returns undefined if the text is not a JSON object, or too large for a config
 */
export function editConfig(
  config: string,
  dtype: WrittenDtype | undefined,
  settings: readonly ConfigSetting[] = [],
): string | undefined {
  if (config.length > MAX_CONFIG_LENGTH) return undefined;
  const gone = settings.filter(({ value }) => value === undefined);
  const rest = gone.reduce<string | undefined>(
    (text, { path }) => (text === undefined ? undefined : without(text, path)),
    config,
  );
  return rest === undefined ? undefined : withValues(rest, dtype, settings);
}

/** A config's text without a key, and without the comma that it leaves. */
function without(config: string, path: readonly string[]): string | undefined {
  const places = placesIn(config);
  const place = places?.values.find(found => keyOf(found.path) === keyOf(path));
  if (!places || !place) return places && config;
  const [key, comma] = /(,\s*)?"(?:[^"\\]|\\.)*"\s*:\s*$/.exec(config.slice(0, place.start)) ?? ['', ''];
  const start = place.start - key.length;
  const [behind] = /^\s*,\s*/.exec(config.slice(place.end)) ?? [''];
  return config.slice(0, start) + config.slice(place.end + (comma ? 0 : behind.length));
}

function withValues(
  config: string,
  dtype: WrittenDtype | undefined,
  settings: readonly ConfigSetting[],
): string | undefined {
  const places = placesIn(config);
  if (!places) return undefined;
  const set = settings.filter(({ value }) => value !== undefined);
  const valueOf = new Map(set.map(({ path, value }) => [keyOf(path), JSON.stringify(value)]));
  const edits = places.values.flatMap(({ path, start, end }): Edit[] => {
    const value = valueOf.get(keyOf(path));
    if (value !== undefined) return [{ start, end, text: value }];
    const isDtype = dtype && DTYPE.test(path.at(-1) ?? '') && (path.length === 1 || dtype.uniform);
    return isDtype ? [{ start, end, text: `"${TORCH_NAMES[dtype.dtype]}"` }] : [];
  });
  const there = new Set(places.values.map(({ path }) => keyOf(path)));
  for (const { path, value } of set) {
    const start = places.parts.get(keyOf(path.slice(0, -1)));
    if (start === undefined || there.has(keyOf(path))) continue;
    const [space] = /^\s*/.exec(config.slice(start)) as unknown as [string];
    const comma = config[start + space.length] === '}' ? '' : ',';
    const text = `${space}${JSON.stringify(path.at(-1))}: ${JSON.stringify(value)}${comma}`;
    edits.push({ start, end: start, text });
  }
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), config);
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const DTYPE = /^(torch_)?dtype$/;

const keyOf = (path: readonly string[]): string => JSON.stringify(path);

interface Places {
  readonly values: readonly {
    readonly path: readonly string[];
    readonly start: number;
    readonly end: number;
  }[];
  /** Where the first key of the config, or of a part of it, can be inserted, by its path. */
  readonly parts: ReadonlyMap<string, number>;
}

/** Positions of the values of a config and its parts; read token by token, so that no nesting can exhaust the stack. */
function placesIn(text: string): Places | undefined {
  const values: Places['values'][number][] = [];
  const parts = new Map<string, number>();
  /** Objects and lists around the token: where they begin, the path of a config or part of one, the key of the next value. */
  const around: {
    readonly start: number;
    readonly path: readonly string[] | undefined;
    key: string | undefined;
  }[] = [];
  let roots = 0;
  for (const [token, start, end] of jsonTokens(text)) {
    const inner = around.at(-1);
    if (token === '{' || token === '[') {
      const key = inner?.key;
      let path = inner ? undefined : ([] as readonly string[]);
      if (inner?.path && key !== undefined && token === '{' && isPart(key)) path = [...inner.path, key];
      if (path) parts.set(keyOf(path), end);
      around.push({ start, path, key: undefined });
      if (!inner && (token === '[' || ++roots > 1)) return undefined;
    } else if (!inner) return undefined;
    else if (token === '}' || token === ']') {
      around.pop();
      const outer = around.at(-1);
      if (outer?.path && outer.key !== undefined)
        values.push({ path: [...outer.path, outer.key], start: inner.start, end });
    } else if (token === ',') inner.key = undefined;
    else if (token === ':') continue;
    else if (inner.key === undefined) inner.key = token.replace(/^"|"$/g, '');
    else if (inner.path) values.push({ path: [...inner.path, inner.key], start, end });
  }
  return roots === 1 && around.length === 0 ? { values, parts } : undefined;
}
