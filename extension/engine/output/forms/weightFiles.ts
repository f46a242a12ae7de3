/** safetensors: weight files of a folder, or one that stands alone, with 8-bit floats in the layout that each is read in. */
import { DTYPE_BITS, elementCount, tensorBytes } from '../../../formats/dtype.ts';
import { isQuantizable } from '../../../formats/dtype.ts';
import { error } from '../../../shared/problems.ts';
import { planShards, type ShardTensor, type UnplacedTensor } from '../../merge/output/shards.ts';
import { coded, codedBytes, type Coding } from '../coding.ts';
import { keptFromFloat8, moduleOfWeight } from '../float8.ts';
import type { FormedModel, FormedTensor, ModelTensor, OutputForm, OutputModel } from '../form.ts';
import { configOf } from '../modelFiles.ts';

/** How a model in 8-bit floats is laid out. */
interface Float8Layout {
  readonly scale: (matrix: ModelTensor) => Pick<UnplacedTensor, 'name' | 'shape'>;
  /** Names of the tensors that say what the others are. */
  readonly marks: (names: readonly string[]) => readonly string[];
  /** What is not a matrix of such a model, in a few words. */
  readonly isOutside: (names: readonly string[]) => (name: string) => boolean;
  /** What config.json says of it. */
  readonly quantization?: (matrices: readonly string[], others: readonly string[]) => object;
}

/**
 * compressed-tensors, as vLLM and transformers read it: a scale for each row, and the weights multiplied in 16 bits. For
 * experts vLLM has only kernels that round activations too, token by token.
 */
const compressedTensors: Float8Layout = {
  scale: ({ tensor, shape }) => ({ name: `${tensor}_scale`, shape: [shape[0] as number, 1] }),
  marks: () => [],
  isOutside: () => () => false,
  quantization: (matrices, others) => ({
    quant_method: 'compressed-tensors',
    format: 'float-quantized',
    quantization_status: 'compressed',
    config_groups: {
      group_0: {
        targets: ['Linear'],
        weights: { ...FLOAT8, strategy: 'channel', dynamic: false },
        input_activations: matrices.some(name => /\.experts\.\d+\./.test(name))
          ? { ...FLOAT8, strategy: 'token', dynamic: true }
          : null,
        output_activations: null,
      },
    },
    ignore: others.map(moduleOfWeight),
    kv_cache_scheme: null,
  }),
};

const FLOAT8 = { num_bits: 8, type: 'float', symmetric: true } as const;

/** Where ComfyUI finds the diffusion model in a file of a whole pipeline (model_detection.py, unet_prefix_from_state_dict). */
const DIFFUSION_PREFIXES = ['model.diffusion_model.', 'model.model.', 'net.'];
/** Names that a prefix must have more of to count there. */
const FEW = 5;

const prefixOf = (names: readonly string[]): string =>
  DIFFUSION_PREFIXES.find(prefix => names.filter(name => name.startsWith(prefix)).length > FEW) ?? '';

/**
 * ComfyUI's scaled FP8: one scale for a matrix, and a mark, whose two values say that weights are multiplied in 16 bits
 * (comfy/utils.py, convert_old_quants). Of a whole pipeline, the diffusion model.
 */
const comfyui: Float8Layout = {
  scale: ({ tensor }) => ({ name: `${moduleOfWeight(tensor)}.scale_weight`, shape: [] }),
  marks: names => [`${prefixOf(names)}scaled_fp8`],
  isOutside: names => {
    const prefix = prefixOf(names);
    return name => !name.startsWith(prefix);
  },
};

const MARK_VALUES = 2;

/** Tensors of larger elements first, so that all are aligned; codes come behind scales of 32 bits, and end aligned. */
const alignmentOf = ({ dtype, coding }: FormedTensor): number => (coding ? 32 : DTYPE_BITS[dtype]);

function plain({ tensors, metadata }: OutputModel, shardBytes: number): FormedModel {
  const formed = tensors
    .map(({ tensor, dtype }): FormedTensor => ({ tensor, dtype, coding: undefined }))
    .sort((a, b) => alignmentOf(b) - alignmentOf(a));
  const shapes = new Map(tensors.map(({ tensor, shape }) => [tensor, shape]));
  const stored = formed.map(({ tensor: name, dtype }): ShardTensor => {
    const shape = shapes.get(name) as readonly number[];
    return { name, dtype, shape, bytes: tensorBytes(dtype, shape) };
  });
  return { tensors: formed, shards: planShards(stored, shardBytes, metadata), problems: [] };
}

function inFloat8(model: OutputModel, shardBytes: number, layout: Float8Layout): FormedModel {
  const { output, tensors, metadata } = model;
  const names = tensors.map(({ tensor }) => tensor);
  const isOutside = layout.isOutside(names);
  const kept = keptFromFloat8(tensors).map((why, i) =>
    isOutside(names[i] as string) ? 'outside the diffusion model' : why,
  );
  const formed = tensors.map((one, i) => ({ one, ...formFloat8(one, kept[i], layout) }));
  const ordered = formed.sort((a, b) => alignmentOf(b.formed) - alignmentOf(a.formed));
  const marks = layout
    .marks(names)
    .map((name): UnplacedTensor => ({ name, dtype: 'F8_E4M3', shape: [MARK_VALUES], bytes: MARK_VALUES }));
  const matrices = names.filter((_, i) => kept[i] === undefined);
  const others = tensors.flatMap(({ tensor, shape }, i) =>
    kept[i] !== undefined && shape.length === 2 && tensor.endsWith('.weight') ? [tensor] : [],
  );
  const taken = [...ordered.flatMap(({ stored }) => stored.parts ?? []), ...marks].find(
    ({ name }) => names.includes(name) && !matrices.includes(name),
  );
  return {
    tensors: ordered.map(one => one.formed),
    shards: planShards(
      ordered.map(({ stored }) => stored),
      shardBytes,
      metadata,
      marks,
    ),
    problems: [
      ...(matrices.length === 0
        ? [
            error(
              `${output}: no tensor can be written as F8_E4M3, which takes matrices in layers, of multiples of 16 rows and columns; choose BF16 or F16`,
            ),
          ]
        : []),
      ...(taken
        ? [
            error(
              `${output}: tensor "${taken.name}" is in the model, and would be that of a scale; choose BF16 or F16`,
            ),
          ]
        : []),
    ],
    quantization: layout.quantization?.(matrices, others),
  };
}

function formFloat8(
  { tensor: name, shape, dtype }: ModelTensor,
  why: string | undefined,
  layout: Float8Layout,
): { readonly formed: FormedTensor; readonly stored: ShardTensor } {
  if (why !== undefined)
    return {
      formed: { tensor: name, dtype, coding: undefined, ...(isQuantizable(dtype) && { why }) },
      stored: { name, dtype, shape, bytes: tensorBytes(dtype, shape) },
    };
  const scale = layout.scale({ tensor: name, shape, dtype });
  const scales = elementCount(scale.shape);
  const coding: Coding = coded({ kind: 'scaled8', scales });
  return {
    formed: { tensor: name, dtype, coding },
    stored: {
      ...{ name, dtype: 'F8_E4M3', shape, bytes: codedBytes(coding, shape) },
      parts: [
        { ...scale, dtype: 'F32', bytes: 4 * scales },
        { name, dtype: 'F8_E4M3', shape, bytes: elementCount(shape) },
      ],
    },
  };
}

export const folderForm: OutputForm = {
  name: 'folder',
  form: async model => {
    const { output, files, shardBytes, dtype } = model;
    if (dtype !== 'F8_E4M3') return plain(model, shardBytes);
    const formed = inFloat8(model, shardBytes, compressedTensors);
    if (await configOf(files)) return formed;
    const message = `${output}: ${files.path} has no config.json, which would say how F8_E4M3 weights are scaled; put it there, or end the output in .safetensors`;
    return { ...formed, problems: [...formed.problems, error(message)] };
  },
};

export const safetensorsForm: OutputForm = {
  name: 'safetensors',
  form: model =>
    Promise.resolve(model.dtype === 'F8_E4M3' ? inFloat8(model, Infinity, comfyui) : plain(model, Infinity)),
};
