/** Checkpoints whose weights are a quantizer's codes: they cannot be used until they are decoded. */
import type { Checkpoint } from '../../formats/checkpoint.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { isQuantizable } from '../../formats/dtype.ts';
import { isBuffer } from '../../formats/names/buffers.ts';
import type { ModelConfig } from './modelConfig.ts';

interface Kind {
  readonly name: string;
  /** Names that only this kind gives to the tensors beside its codes. */
  readonly names?: RegExp;
  /** Tensors that are codes regardless of their names. */
  readonly codes?: (tensor: TensorSource) => boolean;
}

/** Integers in two dimensions or more: a model's own integers are positions and counts. */
const isCodes = ({ name, dtype, shape }: TensorSource): boolean =>
  shape.length >= 2 &&
  /^(U8|I8|I16|U16|I32|U32)$/.test(dtype) &&
  /(^|[._])(weight|kernel|qweight)$/.test(name);

/** Floats of one byte or less, and what scales them. */
const isSmallFloat = ({ dtype }: TensorSource): boolean => /^F(4|6_|8_)/.test(dtype);

/** The first kind whose marks are found wins. */
const KINDS: readonly Kind[] = [
  { name: 'bitsandbytes 4-bit', names: /\.(quant_state\.bitsandbytes__\w+|quant_map|nested_absmax)$/ },
  { name: 'bitsandbytes 8-bit', names: /\.(SCB|weight_format)$/ },
  { name: 'bitsandbytes', names: /\.absmax$/ },
  { name: 'GPTQ', names: /\.g_idx$/ },
  { name: 'GPTQ or AWQ', names: /\.(qweight|qzeros)$/ },
  { name: 'EXL2', names: /\.(q_weight|q_scale_max)$/ },
  { name: 'EXL3', names: /\.(trellis|suh|svh)$/ },
  { name: 'AQLM', names: /\.codebooks$/ },
  { name: 'HQQ', names: /\.W_q$/ },
  { name: 'quanto', names: /\.weight\.(_data|_scale)$/ },
  { name: 'compressed-tensors', names: /\.weight_(packed|zero_point|global_scale)$/ },
  { name: 'ComfyUI scaled 8-bit float', names: /(^|\.)(scaled_fp8|scale_weight|scale_input|comfy_quant)$/ },
  { name: 'MXFP4', names: /_(blocks|scales)$/ },
  { name: '8-bit with scales', names: /\.(weight_scale(_inv|_2)?|weight_scales|input_scale)$/ },
  { name: '8-bit float', codes: isSmallFloat },
  { name: 'integer', codes: isCodes },
];

/** Integers of four bytes or less in two dimensions or more, under any name but a buffer's. */
const isIntegerMatrix = ({ name, dtype, shape }: TensorSource): boolean =>
  shape.length >= 2 && /^[UI](8|16|32)$/.test(dtype) && !isBuffer(name, shape);

/** Integers of any width with names that only quantizers use. */
const isNamedCodes = ({ name }: TensorSource): boolean => /\.dense_weights$/.test(name);

/** Suffixes of tensors that turn codes into values, after the name of the module or of the weights. */
const BESIDE_CODES =
  /[._:]_?(weight)?[._:]?_?(s|su|sv|scales?|zeros?|zero_points?|codebooks?|centroids?|lut|shift|absmax|row_offsets|col_vals)(\.weight)?$/i;
/** Suffixes of the codes themselves. */
const CODES =
  /([._:]_?(weight|kernel|data|qdata|weight_qdata|int_data|tensor_impl|packed|codes|indices|qidxs|b|dense_weights))+$/i;

/** Codes with something beside them that scales them; models that compute with integers do not have that. */
function scaledCodes(tensors: readonly TensorSource[]): TensorSource | undefined {
  const codes = tensors.filter(tensor => isIntegerMatrix(tensor) || isNamedCodes(tensor));
  if (codes.length === 0) return undefined;
  const scaled = new Set(
    tensors.flatMap(({ name }) => {
      const at = BESIDE_CODES.exec(name)?.index ?? 0;
      return at > 0 ? [name.slice(0, at)] : [];
    }),
  );
  return codes.find(({ name }) => scaled.has(name) || scaled.has(name.replace(CODES, '')));
}

/** Readable names of a config's `quant_method`. */
const METHODS: Readonly<Record<string, string>> = {
  bitsandbytes: 'bitsandbytes',
  gptq: 'GPTQ',
  awq: 'AWQ',
  fp8: 'FP8',
  mxfp4: 'MXFP4',
  nvfp4: 'NVFP4',
};

/**
 * What is wrong with a checkpoint whose weights are quantized, in one line with a remedy; undefined if they are floats
 * of 16 bits or more.
 */
export function quantizedFault(checkpoint: Checkpoint, { quantization }: ModelConfig): string | undefined {
  const tensors = [...checkpoint.tensors.values()];
  const codes = tensors.filter(({ dtype }) => !isQuantizable(dtype));
  if (codes.length === 0) return undefined;
  const byModule = new Map(codes.map(tensor => [moduleOf(tensor), tensor]));
  for (const { name, names, codes: isCode } of KINDS) {
    // The names alone are not enough: other models have scales and codebooks too.
    const found = names
      ? first(tensors, tensor => (names.test(tensor.name) ? byModule.get(moduleOf(tensor)) : undefined))
      : codes.find(tensor => isCode?.(tensor));
    if (!found) continue;
    return faultOf(kindNamed(name, quantization), found);
  }
  const found =
    (quantization === undefined ? undefined : codes.find(isIntegerMatrix)) ?? scaledCodes(tensors);
  return found && faultOf(kindNamed('integer', quantization), found);
}

const faultOf = (kind: string, { file, name, dtype, shape }: TensorSource): string =>
  `${file}: ${kind} weights: tensor "${name}" is ${dtype} [${shape.join(', ')}], codes that nothing can be ` +
  'computed with; use the checkpoint in 16 or 32 bits, or load this one and save it dequantized';

/** What a tensor belongs to: codes and their scales are in one module. */
const moduleOf = ({ name }: TensorSource): string => name.replace(/(\.weight)?\.[^.]*$/, '');

function first<T, R>(values: readonly T[], find: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function kindNamed(name: string, quantization: string | undefined): string {
  const method = quantization && (METHODS[quantization] ?? quantization);
  if (!method || name.toLowerCase().includes(method.toLowerCase())) return name;
  return `${method} (${name})`;
}
