/** One GGUF file that llama.cpp runs as it is: weights under its names and in its order, configuration and tokenizer. */
import { basename } from 'node:path';
import type { Problem } from '../../../protocol/results.ts';
import { isQuantizable, type Dtype } from '../../../formats/dtype.ts';
import { architectureNamed, ggufPlace, isNorm, queriesOrKeys } from '../../../formats/gguf/names.ts';
import type { Architecture, GgufPlace } from '../../../formats/gguf/names.ts';
import { aligned, ggufHeader, type GgufEntry, type GgufPair } from '../../../formats/gguf/writeHeader.ts';
import { isBuffer } from '../../../formats/names/buffers.ts';
import { layerCount } from '../../../formats/names/layers.ts';
import { listed } from '../../../formats/listed.ts';
import { error } from '../../../shared/problems.ts';
import type { Shard } from '../../merge/output/shards.ts';
import { coded, codedBytes, writtenType, type Coding } from '../coding.ts';
import { Q8_0_VALUES } from '../encodings/q8_0.ts';
import type { Encoding } from '../encodings/registry.ts';
import type { FormedModel, FormedTensor, ModelTensor, OutputForm, OutputModel } from '../form.ts';
import { modelFacts, type ModelFacts } from '../gguf/families.ts';
import { CannotSay, Facts } from '../gguf/facts.ts';
import { tokenizerPairs } from '../gguf/tokenizer.ts';
import { configOf } from '../modelFiles.ts';

/** `general.file_type`, by the type of most matrices (llama.h, llama_ftype). */
const FILE_TYPES: Readonly<Record<string, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };
const QUANTIZATION_VERSION = 2;

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const ROPE_FACTORS = 'rope_freqs.weight';

/** A tensor with its place in the file, and how it is written there. */
interface Placed {
  readonly one: ModelTensor;
  readonly place: GgufPlace;
  readonly dtype: Dtype;
  readonly coding: Coding;
  readonly why: string | undefined;
}

export const ggufForm: OutputForm = {
  name: 'gguf',
  form: async model => {
    try {
      return await form(model);
    } catch (fault) {
      if (!(fault instanceof CannotSay)) throw fault;
      return { ...NOTHING, problems: [error(`${model.output}: ${fault.message}`)] };
    }
  },
};

const NOTHING: FormedModel = { tensors: [], shards: [], problems: [] };

async function form(model: OutputModel): Promise<FormedModel> {
  const config = await configOf(model.files);
  if (!config)
    throw new CannotSay(
      `${model.files.path} has no config.json, from which a GGUF file is described; put it there, or name its folder`,
    );
  const facts = modelFacts(new Facts(config));
  const architecture = architectureNamed(facts.architecture) as Architecture;
  const kept = model.tensors.filter(
    ({ tensor, shape }) => !isBuffer(tensor, shape) && !(tensor === HEAD && facts.tied && !model.ownHead),
  );
  checkLayers(kept, facts);
  const placed = inOrder(kept.map(one => placedIn(one, architecture, facts, model.dtype)));
  const embedding = kept.find(({ tensor }) => tensor === EMBEDDING);
  if (!embedding) throw new CannotSay(`there is no tensor "${EMBEDDING}", which every such model has`);
  const pairs = new Map<string, GgufPair>([
    ...generalPairs(model, facts, placed),
    ...facts.pairs,
    [`${facts.architecture}.vocab_size`, { type: 'u32', value: embedding.shape[0] as number }],
    ...(await tokenizerPairs(model.files, new Facts(config), embedding.shape[0] as number)),
    ...madeBy(model),
  ]);
  return {
    tensors: placed.map(({ one, dtype, coding, why }): FormedTensor => ({
      tensor: one.tensor,
      dtype,
      coding: isPlain(coding) ? undefined : coding,
      why,
    })),
    shards: [fileOf(model.output, pairs, placed, facts.ropeFactors)],
    problems: problemsOf(model, config),
  };
}

/** Whether it comes to values of a dtype as they are. */
const isPlain = ({ encoding, added, heads }: Coding): boolean =>
  encoding.kind === 'floats' && added === 0 && heads === 0;

/** @throws CannotSay where layers were added or left out, which the config does not know */
function checkLayers(tensors: readonly ModelTensor[], { layers }: ModelFacts): void {
  const found = layerCount(tensors.map(({ tensor }) => tensor));
  if (found !== layers)
    throw new CannotSay(
      `the model has ${found} layers, config.json says ${layers}; put the config.json of these weights there`,
    );
}

/** What is lost, as llama.cpp does not compute it. */
function problemsOf({ output }: OutputModel, config: Readonly<Record<string, unknown>>): Problem[] {
  const { model_type: type, sliding_window: window, use_sliding_window: used } = config;
  const isLost = /^(mistral|mixtral|qwen2|qwen3|qwen3_moe)$/.test(String(type)) && used !== false;
  return isLost && typeof window === 'number'
    ? [
        {
          severity: 'warning',
          message: `${output}: llama.cpp attends to whole texts in models of type "${String(type)}", not to ${window} tokens as its config.json says`,
        },
      ]
    : [];
}

function placedIn(
  one: ModelTensor,
  architecture: Architecture,
  facts: ModelFacts,
  asked: OutputModel['dtype'],
): Placed {
  const { tensor, shape, dtype } = one;
  const place = ggufPlace(architecture, tensor);
  if (!place)
    throw new CannotSay(
      `tensor "${tensor}" has no place in a GGUF file of type "${facts.architecture}"; leave it out, or write a folder`,
    );
  if (!isQuantizable(dtype))
    throw new CannotSay(`tensor "${tensor}" is ${dtype}, floating-point weights were expected`);
  const { encoding, why } = encodingOf(one, place.name, asked);
  const heads = headsOf(tensor, shape, place.name, architecture, facts);
  const coding: Coding = {
    ...coded(encoding),
    heads,
    added: architecture.addsOne && isNorm(place.name) ? 1 : 0,
  };
  const written = encoding.kind === 'floats' ? encoding.dtype : 'F32';
  return { one, place, dtype: written, coding, why };
}

/** Routers are small, and read as F32 like what has one dimension (llama.cpp: prepare_tensors). */
const ROUTER = /ffn_gate_inp\.weight$/;

function encodingOf(
  { shape, dtype }: ModelTensor,
  name: string,
  asked: OutputModel['dtype'],
): { readonly encoding: Encoding; readonly why: string | undefined } {
  const f32 = { kind: 'floats', dtype: 'F32' } as const;
  const other = asked === 'F32' || (asked === undefined && dtype === 'F32');
  if (shape.length <= 1) return { encoding: f32, why: other ? undefined : 'of one dimension' };
  if (ROUTER.test(name)) return { encoding: f32, why: other ? undefined : 'routers' };
  if (asked === 'Q8_0') {
    const fits = (shape.at(-1) as number) % Q8_0_VALUES === 0;
    return fits
      ? { encoding: { kind: 'q8_0' }, why: undefined }
      : { encoding: { kind: 'floats', dtype: 'F16' }, why: `rows of no multiple of ${Q8_0_VALUES}` };
  }
  const own = dtype === 'F16' || dtype === 'BF16' ? dtype : 'F32';
  const floats = asked === 'F32' || asked === 'F16' || asked === 'BF16' ? asked : own;
  return { encoding: { kind: 'floats', dtype: floats }, why: undefined };
}

/** Heads whose rows are interleaved; 0: none. */
function headsOf(
  tensor: string,
  shape: readonly number[],
  name: string,
  { interleaves }: Architecture,
  facts: ModelFacts,
): number {
  const rotated = interleaves ? queriesOrKeys(name) : undefined;
  if (!rotated) return 0;
  const heads = rotated.keys ? facts.keyHeads : facts.heads;
  const rows = shape[0] ?? 0;
  if (rows % (2 * heads) === 0) return heads;
  throw new CannotSay(
    `tensor "${tensor}" has ${rows} rows, which do not divide into halves of the ${heads} heads of config.json; put the config.json of these weights there`,
  );
}

/** Experts of a layer one after another, where the first of them is. */
function inOrder(placed: readonly Placed[]): Placed[] {
  const groups = new Map<string, Placed[]>();
  for (const one of placed) {
    const group = groups.get(one.place.name);
    if (group) group.push(one);
    else groups.set(one.place.name, [one]);
  }
  return [...groups.values()].flatMap(group => {
    const sorted = [...group].sort((a, b) => (a.place.expert ?? 0) - (b.place.expert ?? 0));
    const isStack = sorted.every(
      ({ place, one }, i) => (place.expert ?? 0) === i && one.shape.join() === sorted[0]?.one.shape.join(),
    );
    if (isStack) return sorted;
    throw new CannotSay(
      `${listed(sorted.map(({ one }) => one.tensor))}: experts 0 to ${sorted.length - 1} of one shape were expected`,
    );
  });
}

function generalPairs({ output }: OutputModel, { architecture }: ModelFacts, placed: readonly Placed[]) {
  const bytes = new Map<string, number>();
  for (const { one, dtype, coding } of placed) {
    const type = writtenType({ dtype, coding });
    bytes.set(type, (bytes.get(type) ?? 0) + codedBytes(coding, one.shape));
  }
  const [[most = 'F32'] = []] = [...bytes].sort(([, a], [, b]) => b - a);
  const text = (value: string): GgufPair => ({ type: 'string', value });
  const pairs: [string, GgufPair][] = [
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ['general.name', text(basename(output).replace(/\.gguf$/, ''))],
    ['general.file_type', { type: 'u32', value: FILE_TYPES[most] as number }],
    ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
  ];
  return pairs;
}

/** What the metadata of weight files says of how the model was made. */
const madeBy = ({ metadata }: OutputModel): [string, GgufPair][] =>
  Object.entries(metadata)
    .filter(([key]) => key.startsWith('tvq.'))
    .map(([key, value]) => [key, { type: 'string', value }]);

/** Places every tensor behind the header, which ends with what is constant. */
function fileOf(
  output: string,
  pairs: ReadonlyMap<string, GgufPair>,
  placed: readonly Placed[],
  factors: Float32Array | undefined,
): Shard {
  const constant = new Uint8Array(aligned(factors?.byteLength ?? 0));
  if (factors) constant.set(new Uint8Array(factors.buffer, factors.byteOffset, factors.byteLength));
  const entries: GgufEntry[] = factors
    ? [{ name: ROPE_FACTORS, shape: [factors.length], type: 'F32', offset: 0 }]
    : [];
  let end = constant.length;
  const offsets: number[] = [];
  for (const [i, { one, place, dtype, coding }] of placed.entries()) {
    const isNext = place.expert !== undefined && placed[i - 1]?.place.name === place.name;
    if (!isNext) {
      end = aligned(end);
      const experts = placed.filter(other => other.place.name === place.name).length;
      const shape = place.expert === undefined ? one.shape : [experts, ...one.shape];
      entries.push({ name: place.name, shape, type: writtenType({ dtype, coding }), offset: end });
    }
    offsets.push(end);
    end += codedBytes(coding, one.shape);
  }
  const header = ggufHeader(pairs, entries);
  const begin = header.length;
  return {
    name: basename(output),
    first: 0,
    tensors: placed.map(({ one, coding, dtype }, i) => ({
      name: one.tensor,
      dtype,
      shape: one.shape,
      bytes: codedBytes(coding, one.shape),
      offset: begin + (offsets[i] as number),
    })),
    stored: entries.map(({ name }) => name),
    header: () => Buffer.concat([header, constant]),
    dataOffset: begin + constant.length,
    bytes: begin + aligned(end),
  };
}
