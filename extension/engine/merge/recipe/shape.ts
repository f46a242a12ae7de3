/** The shape of a recipe file: mergekit's schema, with a few keys of our own. */
import type { NameRule } from '../../../protocol/recipes.ts';
import { ON_MISMATCH, type OnMismatch } from '../../../shared/mismatch.ts';
import { parseSize } from '../../../shared/parseSize.ts';
import type { Path, RecipeDocument } from './document.ts';
import {
  isMapping,
  isNothing,
  readList,
  readMap,
  readNumber,
  readParameters,
  readText,
  whereabouts,
  type Text,
} from './fields.ts';
import { readNameRules } from './nameRules.ts';
import { passOver } from './strangers.ts';

const MAX_MODELS = 4096;

/** Parameters as given in the file, and where. */
export interface Given {
  readonly path: Path;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A listed model. */
export interface Entry {
  readonly path: Path;
  readonly model: Text;
  readonly parameters: Given;
  /** The task of a .tvq file; all of them if omitted. */
  readonly task: Text | undefined;
  /** Its name in reports. */
  readonly name: Text | undefined;
  /** For a source of a slice: the layers to take, the last one excluded. */
  readonly layers: { readonly path: Path; readonly from: number; readonly to: number } | undefined;
}

/** What to do with the tokenizer: `tokenizer_source` and `tokenizer`. */
export interface TokenizerWish {
  readonly path: Path;
  /** A model, or `base` or `union`. */
  readonly source: Text | 'base' | 'union';
  /** Rows are added to the embedding up to a multiple of this. */
  readonly padTo: number | undefined;
}

export interface Shape {
  readonly method: Text | undefined;
  readonly base: Text | undefined;
  /** Our own key: the base, if `base_model` would be one of the models. */
  readonly reference: Text | undefined;
  readonly models: readonly Entry[];
  /** Whether they are the sources of a slice; mergekit then adds no base to them. */
  readonly sliced: boolean;
  /** Parameters of all models; those of a slice override those of the recipe. */
  readonly shared: readonly Given[];
  readonly dtype: Text | undefined;
  readonly outDtype: Text | undefined;
  readonly tokenizer: TokenizerWish | undefined;
  readonly lines: { readonly path: Path; readonly alpha: number; readonly beta: number } | undefined;
  readonly onMismatch: OnMismatch | undefined;
  /** Our own key: how the models' tensors are renamed. */
  readonly map: readonly NameRule[] | undefined;
  readonly allowNonfinite: boolean | undefined;
  readonly shardBytes: number | undefined;
  readonly compare: readonly { readonly name: string; readonly checkpoint: Text }[];
  /** Every text that is a path. */
  readonly files: readonly Text[];
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/** Reads everything that can be read; the document collects faults. */
export function readShape(document: RecipeDocument): Shape {
  const entries: Entry[] = [];
  const shared: Given[] = [];
  const compare: { name: string; checkpoint: Text }[] = [];
  const files: Text[] = [];
  const bases: Text[] = [];
  const shape: Writable<Shape> = {
    method: undefined,
    base: undefined,
    reference: undefined,
    models: entries,
    sliced: false,
    shared,
    dtype: undefined,
    outDtype: undefined,
    tokenizer: undefined,
    lines: undefined,
    onMismatch: undefined,
    map: undefined,
    allowNonfinite: undefined,
    shardBytes: undefined,
    compare,
    files,
  };

  const file = (value: unknown, path: Path): Text => {
    const text = readModel(document, value, path);
    files.push(text);
    return text;
  };
  const entry = (value: unknown, path: Path, sliced: boolean) => {
    const found: Partial<Writable<Entry>> = {};
    readMap(document, path, value, 'an entry such as `model: PATH`', {
      model: (given, place) => (found.model = file(given, place)),
      parameters: (given, place) =>
        (found.parameters = { path: place, values: readParameters(document, given, place) }),
      task: (given, place) => (found.task = readText(document, given, place)),
      name: (given, place) => (found.name = readText(document, given, place)),
      layer_range: (given, place) => {
        if (sliced) found.layers = readLayers(document, given, place);
        else document.note(place, 'layer_range has no effect outside of slices, as in mergekit');
      },
    });
    const { model } = found;
    if (!model) {
      const given = (value as Record<string, unknown>).model;
      if (given === undefined || given === null) readText(document, undefined, [...path, 'model']);
      return; // its fault is already reported
    }
    const parameters = found.parameters ?? { path: [...path, 'parameters'], values: {} };
    entries.push({ task: undefined, name: undefined, layers: undefined, ...found, model, parameters, path });
  };
  const listed = { what: 'a list of models', atMost: MAX_MODELS };
  const slice = (value: unknown, path: Path) =>
    readMap(document, path, value, 'a slice with a list of sources', {
      sources: (given, place) => readList(document, place, given, listed, (one, at) => entry(one, at, true)),
      base_model: (given, place) => bases.push(file(given, place)),
      parameters: (given, place) =>
        shared.unshift({ path: place, values: readParameters(document, given, place) }),
      residual_weight: (_, place) => document.note(place, 'residual_weight has no effect, as in mergekit'),
    });

  document.attempt(() =>
    readMap(document, [], document.value, 'a map with models and merge_method', {
      merge_method: (given, path) => (shape.method = readText(document, given, path)),
      base_model: (given, path) => bases.push(file(given, path)),
      reference: (given, path) => (shape.reference = file(given, path)),
      models: (given, path) => readList(document, path, given, listed, (one, at) => entry(one, at, false)),
      slices: (given, path) => {
        if (Array.isArray(given) && given.length > 1) throw document.error(path, STACKED);
        shape.sliced = true;
        readList(document, path, given, { what: 'a list of one slice', atMost: 1 }, slice);
      },
      modules: (given, path) => {
        if (!isNothing(given))
          throw document.error(path, 'modules are not supported; give each module its own recipe');
      },
      parameters: (given, path) => shared.push({ path, values: readParameters(document, given, path) }),
      dtype: (given, path) => (shape.dtype = readText(document, given, path)),
      out_dtype: (given, path) => (shape.outDtype = readText(document, given, path)),
      tokenizer_source: (given, path) =>
        (shape.tokenizer = { path, source: readSource(document, given, path, file), padTo: undefined }),
      tokenizer: (given, path) => {
        if (shape.tokenizer)
          throw document.error(path, 'tokenizer and tokenizer_source say the same; give one of them');
        shape.tokenizer = readTokenizer(document, given, path, file);
      },
      chat_template: (_, path) =>
        document.note(
          path,
          "chat_template has no effect; the base's template is kept; to use another, change chat_template.jinja in the output",
        ),
      name: (_, path) => document.note(path, 'name has no effect; a model is named after its folder'),
      lines: (given, path) => {
        if (!isNothing(given)) shape.lines = readLines(document, given, path);
      },
      on_mismatch: (given, path) => (shape.onMismatch = readOnMismatch(document, given, path)),
      map: (given, path) => (shape.map = readNameRules(document, given, path)),
      allow_nonfinite: (given, path) => {
        if (typeof given !== 'boolean')
          throw document.error(path, 'allow_nonfinite: true or false was expected');
        shape.allowNonfinite = given;
      },
      shard_size: (given, path) => (shape.shardBytes = readSize(document, given, path)),
      compare: (given, path) => {
        if (!isMapping(given))
          throw document.error(path, 'compare: a map of tasks and checkpoints was expected');
        for (const [name, one] of Object.entries(given))
          document.attempt(() => compare.push({ name, checkpoint: file(one, [...path, name]) }));
      },
    }),
  );
  const [base, other] = bases;
  shape.base = base;
  if (other && other.text !== base?.text)
    document.fault(other.path, 'the base_model of the slice and that of the recipe differ; give one of them');
  const { value } = document;
  if (isMapping(value)) {
    if (value.merge_method === undefined || value.merge_method === null)
      document.attempt(() => readText(document, undefined, ['merge_method']));
    checkSources(document, value);
  }
  return shape;
}

const STACKED =
  'more than one slice: parts of models are not stacked here (passthrough, frankenmerges); use mergekit for that. If all slices are of the same models, use one with all layers, and rules (`- filter: layers.3.` and `value: …`) for parameters that differ';

/** Checks that there is exactly one of models and slices. */
function checkSources(document: RecipeDocument, value: Record<string, unknown>): void {
  const given = ['models', 'slices'].filter(key => value[key] !== undefined && value[key] !== null);
  if (given.length === 1 || !isNothing(value.modules)) return;
  if (given.length === 2) document.fault(['slices'], 'models and slices are both given; keep one of them');
  else document.fault(['models'], 'models: is missing');
}

/** A model in any of mergekit's spellings: a path, `{model: PATH, lora: PATH}`, `{model: {path: PATH, revision: …}}`. */
function readModel(document: RecipeDocument, value: unknown, path: Path): Text {
  if (!isMapping(value)) return readText(document, value, path);
  const inner = ['model', 'path'].find(key => Object.hasOwn(value, key));
  if (inner === undefined) throw document.error(path, `${whereabouts(path)}a path was expected`);
  for (const key of Object.keys(value)) {
    const place = [...path, key];
    if (key === inner || key === 'lora' || isNothing(value[key])) continue;
    if (key === 'revision') document.note(place, 'revision has no effect; the folder is taken as it is');
    else if (key === 'override_architecture')
      document.note(place, 'override_architecture has no effect; models are merged tensor by tensor');
    else passOver(document, place, 'key', ['model', 'path', 'lora', 'revision']);
  }
  const model = readModel(document, value[inner], [...path, inner]);
  if (isNothing(value.lora)) return model;
  const lora = readModel(document, value.lora, [...path, 'lora']);
  return { path, text: `${model.text}+${lora.text}` };
}

function readLayers(document: RecipeDocument, value: unknown, path: Path): Entry['layers'] {
  const wrong = () => document.error(path, 'layer_range: two whole numbers were expected, such as [0, 32]');
  if (!Array.isArray(value) || value.length !== 2) throw wrong();
  const [from, to] = value.map(Number) as [number, number];
  if (!Number.isInteger(from) || !Number.isInteger(to)) throw wrong();
  return { path, from, to };
}

type ReadFile = (value: unknown, path: Path) => Text;

function readSource(
  document: RecipeDocument,
  value: unknown,
  path: Path,
  file: ReadFile,
): TokenizerWish['source'] {
  if (value === 'base' || value === 'union') return value;
  // mergekit's older spelling of a model.
  return file(typeof value === 'string' ? value.replace(/^model:/, '') : value, path);
}

/** mergekit's block: without a source it is a union. */
function readTokenizer(document: RecipeDocument, value: unknown, path: Path, file: ReadFile): TokenizerWish {
  const wish: Writable<TokenizerWish> = { path, source: 'union', padTo: undefined };
  readMap(document, path, value, 'a map with a source', {
    source: (given, place) => (wish.source = readSource(document, given, place, file)),
    pad_to_multiple_of: (given, place) => (wish.padTo = readNumber(document, given, place)),
    tokens: (given, place) => {
      if (!isMapping(given)) throw document.error(place, 'tokenizer.tokens: a map was expected');
      const [token] = Object.keys(given).filter(name => !isNothing(given[name]));
      if (token !== undefined)
        throw document.error(
          [...place, token],
          `tokenizer.tokens: embeddings of single tokens (${token}) cannot be chosen; leave them out, or use mergekit`,
        );
    },
  });
  return wish;
}

function readLines(document: RecipeDocument, value: unknown, path: Path): Shape['lines'] {
  const found: { alpha?: number; beta?: number } = {};
  readMap(document, path, value, 'a map of alpha and beta', {
    alpha: (given, place) => (found.alpha = readNumber(document, given, place)),
    beta: (given, place) => (found.beta = readNumber(document, given, place)),
  });
  const given = value as Record<string, unknown>;
  for (const key of ['alpha', 'beta'] as const)
    if (given[key] === undefined || given[key] === null) readNumber(document, undefined, [...path, key]);
  const { alpha, beta } = found;
  return alpha === undefined || beta === undefined ? undefined : { path, alpha, beta };
}

function readOnMismatch(document: RecipeDocument, value: unknown, path: Path): OnMismatch {
  const known = ON_MISMATCH.find(({ name }) => name === value);
  const names = ON_MISMATCH.map(({ name }) => name).join(', ');
  if (!known) throw document.error(path, `on_mismatch: one of ${names} was expected`);
  return known.name;
}

function readSize(document: RecipeDocument, value: unknown, path: Path): number {
  const bytes = typeof value === 'number' ? value : typeof value === 'string' ? parseSize(value) : undefined;
  if (bytes === undefined || !Number.isInteger(bytes) || bytes < 1)
    throw document.error(path, 'shard_size: a size was expected, such as 5GB');
  return bytes;
}
