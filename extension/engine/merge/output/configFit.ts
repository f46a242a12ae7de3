/** What a config must say about the weights written beside it: loaders build the model from it alone. */
import { configParts, parseConfig, type Config } from '../../../formats/huggingface/configFile.ts';
import { isObject } from '../../../formats/json/jsonText.ts';
import { layerCount } from '../../../formats/names/layers.ts';
import { editConfig, writtenDtype, type ConfigSetting } from './config.ts';
import type { UnplacedTensor } from './shards.ts';

export type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** What the writer knows about the weights that their shapes do not tell. */
export interface ConfigSettings {
  readonly tie_word_embeddings?: boolean;
  /** How they are quantized, as loaders expect it; undefined: they are not. */
  readonly quantization_config?: object;
}

/** Weights that a config is to describe. */
export interface DescribedWeights {
  readonly tensors: readonly UnplacedTensor[];
  /** Tensors of the model that the config was written for; undefined: these. */
  readonly donor?: Shapes | undefined;
  readonly settings?: ConfigSettings | undefined;
}

export interface ConfigFit {
  readonly settings: readonly ConfigSetting[];
  /** What was set or cannot be, a clause each. */
  readonly notes: readonly string[];
}

/** A config's text made to agree with the weights. @returns no text when it is not valid JSON */
export function fittedConfig(
  text: string,
  weights: DescribedWeights,
): { readonly text: string | undefined; readonly notes: readonly string[] } {
  const config = parseConfig(text);
  const { settings, notes } = config ? fitConfig(config, weights) : { settings: [], notes: [] };
  return { text: editConfig(text, writtenDtype(weights.tensors), settings), notes };
}

/** What has to be set in a config, and what in it contradicts the weights and cannot be set from their shapes. */
export function fitConfig(config: Config, { tensors, donor, settings = {} }: DescribedWeights): ConfigFit {
  const written: Shapes = new Map(tensors.map(tensor => [tensor.name, tensor]));
  const parts = [...configParts(config)];
  const vocabulary = fitVocabulary(parts, written, donor);
  const tied = fitTied(parts, written, donor, settings.tie_word_embeddings);
  const labels = fitLabels(config, written, donor);
  const layers = fitLayers(parts, written, donor);
  const fits = [vocabulary, tied, labels, layers, fitQuantization(parts, settings.quantization_config)];
  const pairs = [vocabulary, labels].flatMap(({ resized }) => resized);
  return {
    settings: fits.flatMap(fit => fit.settings),
    notes: [...fits.flatMap(fit => fit.notes), ...unexplained(written, donor, pairs)],
  };
}

type Parts = readonly (readonly [path: readonly string[], part: Config])[];
type Resized = readonly [from: number, to: number];

const EMBEDDING =
  /(^|\.)(embed_tokens|wte|word_embeddings|tok_embeddings|token_embedding|shared|embed_in)\.weight$/;
const HEAD = /(^|\.)(lm_head|embed_out)\.weight$/;
const CLASSIFIER = /(^|\.)(score|classifier|classification_head)(\.(out_proj|dense))?\.weight$/;

/** Rows of the matrices with such a name. */
const matrices = (tensors: Shapes, name: RegExp): [name: string, rows: number][] =>
  [...tensors].flatMap(([tensor, { shape }]) =>
    shape.length === 2 && name.test(tensor) ? [[tensor, shape[0] as number]] : [],
  );

/** A config's `vocab_size` is the number of rows of an embedding; models with several have several. */
function fitVocabulary(parts: Parts, written: Shapes, donor: Shapes | undefined) {
  const [settings, notes, resized]: [ConfigSetting[], string[], Resized[]] = [[], [], []];
  const sizes = parts.flatMap(([path, part]) =>
    typeof part.vocab_size === 'number' ? [{ path: [...path, 'vocab_size'], value: part.vocab_size }] : [],
  );
  const known = parts.flatMap(([, part]) =>
    Object.entries(part).flatMap(([key, value]) => (/vocab|n_words/.test(key) ? [value] : [])),
  );
  for (const [tensor, rows] of matrices(written, EMBEDDING)) {
    const before = donor?.get(tensor)?.shape[0] ?? rows;
    if (before !== rows) resized.push([before, rows]);
    if (sizes.length === 0 || known.includes(rows)) continue;
    const stated = sizes.filter(({ value }) => value === before);
    // Some audio models have one row more than tokens: a single model's config that disagrees by one is left alone.
    const only = new Set(sizes.map(({ value }) => value)).size === 1 ? sizes : [];
    const wrong = stated.length > 0 ? stated : only.filter(({ value }) => Math.abs(value - rows) > 1);
    const sized = `tensor "${tensor}" has ${rows} rows, its vocab_size is ${sizes[0]?.value}`;
    if (wrong.length === 0) notes.push(`${sized}; set it if the model does not load`);
    else {
      settings.push(...wrong.map(({ path }) => ({ path, value: rows })));
      notes.push(`${sized}: set to ${rows}; its tokenizer may lack tokens that the weights have`);
    }
    known.push(rows);
  }
  return { settings, notes, resized };
}

/** Whether head and embedding are one tensor, if a head was added or removed. */
function fitTied(parts: Parts, written: Shapes, donor: Shapes | undefined, given: boolean | undefined) {
  const has = (tensors: Shapes, name: RegExp) => [...tensors.keys()].some(tensor => name.test(tensor));
  const changed = donor && has(written, EMBEDDING) && has(donor, HEAD) !== has(written, HEAD);
  const tied = given ?? (changed ? !has(written, HEAD) : undefined);
  if (tied === undefined) return { settings: [], notes: [] };
  const key = 'tie_word_embeddings';
  const stated = parts.filter(([, part]) => typeof part[key] === 'boolean');
  const wrong = stated.filter(([, part]) => part[key] !== tied).map(([path]) => [...path, key]);
  const settings = (stated.length > 0 ? wrong : [[key]]).map(path => ({ path, value: tied }));
  const notes = settings.length > 0 ? [`${key} set to ${tied}, as the weights are`] : [];
  return { settings, notes };
}

/** A classifier has one row per label; new labels have no names. */
function fitLabels(config: Config, written: Shapes, donor: Shapes | undefined) {
  const [settings, notes, resized]: [ConfigSetting[], string[], Resized[]] = [[], [], []];
  for (const [tensor, rows] of matrices(written, CLASSIFIER)) {
    const before = donor?.get(tensor)?.shape[0] ?? (donor ? undefined : rows);
    if (before !== undefined && before !== rows) resized.push([before, rows]);
    const { id2label, num_labels: count } = config;
    const stated = isObject(id2label) ? Object.keys(id2label).length : count;
    if (stated === rows || (stated === undefined && before === rows) || settings.length > 0) continue;
    const labelled = `tensor "${tensor}" has ${rows} rows, its id2label has ${JSON.stringify(stated) ?? 'no'} labels`;
    if (before === rows) notes.push(`${labelled}; correct it there`);
    else {
      const names = Array.from({ length: rows }, (_, i) => `LABEL_${i}`);
      const byId = Object.fromEntries(names.map((name, i) => [String(i), name]));
      const byName = Object.fromEntries(names.map((name, i) => [name, i]));
      settings.push({ path: ['id2label'], value: byId }, { path: ['label2id'], value: byName });
      if (count !== undefined) settings.push({ path: ['num_labels'], value: rows });
      notes.push(`${labelled}: set to LABEL_0 … LABEL_${rows - 1}; give them their names`);
    }
  }
  return { settings, notes, resized };
}

const QUANTIZATION = ['quantization_config', 'compression_config'];

/** What the config says of its original model's quantization does not hold; that of these weights is said. */
function fitQuantization(parts: Parts, own: object | undefined) {
  const stated = parts.flatMap(([path, part]) =>
    QUANTIZATION.filter(key => part[key] !== undefined && part[key] !== null).map(key => [...path, key]),
  );
  const gone = stated.filter(path => !own || path.join() !== QUANTIZATION[0]);
  const settings: ConfigSetting[] = gone.map(path => ({ path, value: undefined }));
  return {
    settings: own ? [...settings, { path: ['quantization_config'], value: own }] : settings,
    notes: own ? [] : gone.map(path => `${path.join('.')} is left out, the weights are not quantized`),
  };
}

const LAYERS = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'];

/** The number of layers, if some were added or removed. */
function fitLayers(parts: Parts, written: Shapes, donor: Shapes | undefined) {
  const [before, now] = [donor ?? written, written].map(tensors => layerCount(tensors.keys())) as [
    number,
    number,
  ];
  if (before === now) return { settings: [], notes: [] };
  const stated = parts.flatMap(([path, part]) =>
    LAYERS.filter(key => part[key] === before).map(key => ({ part, path: [...path, key], within: path })),
  );
  const [only] = stated;
  if (stated.length !== 1 || !only)
    return { settings: [], notes: [`it was written for ${before} layers, the weights have ${now}`] };
  const { layer_types: types } = only.part;
  const cut = Array.isArray(types) && types.length === before && now < before;
  const settings: ConfigSetting[] = [{ path: only.path, value: now }];
  if (cut) settings.push({ path: [...only.within, 'layer_types'], value: types.slice(0, now) as string[] });
  return { settings, notes: [`${only.path.join('.')} was ${before}: set to ${now}, as the weights have`] };
}

/** Shapes that differ from those of the config's model for other reasons than resizing. */
function unexplained(written: Shapes, donor: Shapes | undefined, resized: readonly Resized[]): string[] {
  const different = [...written].flatMap(([tensor, { shape }]) => {
    const before = donor?.get(tensor)?.shape;
    if (!before || before.join() === shape.join()) return [];
    const explained =
      before.length === shape.length &&
      before.every((dim, d) => dim === shape[d] || resized.some(([a, b]) => a === dim && b === shape[d]));
    return explained ? [] : [{ tensor, before, shape }];
  });
  const [first] = different;
  if (!first) return [];
  const more = different.length > 1 ? `, and ${different.length - 1} more differ` : '';
  return [
    `it was written for a model whose tensor "${first.tensor}" has shape [${first.before.join(', ')}], here it has ` +
      `[${first.shape.join(', ')}]${more}; put the config.json of these weights there`,
  ];
}
