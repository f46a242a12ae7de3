/** config.json of the base model, with the dtype that the weights really have. */
import { isQuantizable, type QuantizableDtype } from '../../checkpoint/dtype.ts';
import type { UnplacedTensor } from './shards.ts';

/** The longest configs, with 21,000 labels, have 2 MB. */
const MAX_CONFIG_LENGTH = 8 << 20;

const TORCH_NAMES: Readonly<Record<QuantizableDtype, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

export interface WrittenDtype {
  /** That of most weights. */
  readonly dtype: QuantizableDtype;
  /** Whether all floating-point tensors have it. */
  readonly uniform: boolean;
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
 * Sets `dtype` and `torch_dtype` (transformers' name up to version 4) where a config has them, in the configs of its
 * parts too when all weights have one dtype. Only those values are replaced: parsing and printing again would turn
 * 10000.0 into 10000 and cannot read the NaN and Infinity that Python writes.
 * @returns undefined when the text is no JSON object of a size that a config can have
 */
export function setDtype(config: string, { dtype, uniform }: WrittenDtype): string | undefined {
  const spans = config.length > MAX_CONFIG_LENGTH ? undefined : dtypeSpans(config, uniform);
  return spans?.reduceRight(
    (text, [start, end]) => `${text.slice(0, start)}"${TORCH_NAMES[dtype]}"${text.slice(end)}`,
    config,
  );
}

/** A string's beginning, punctuation, or a number or literal. */
const TOKEN = /"|[{}[\],:]|[^\s{}[\],:"]+/g;
const KEY = /^"(torch_)?dtype"$/;
const PART = /_config"$/;

function* tokens(text: string): Generator<[token: string, start: number, end: number]> {
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    // a pattern for whole strings runs out of stack on long ones
    if (match[0] === '"') pattern.lastIndex = endOfString(text, pattern.lastIndex);
    yield [text.slice(match.index, pattern.lastIndex), match.index, pattern.lastIndex];
  }
}

/** Where a string ends whose content begins here. */
function endOfString(text: string, position: number): number {
  while (position < text.length && text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

/** Where in the text the values stand; read token by token, so that no nesting can exhaust the stack. */
function dtypeSpans(text: string, withParts: boolean): [start: number, end: number][] | undefined {
  const spans: [number, number][] = [];
  /** Objects and lists around the token; `key` is that of the value to come, `wanted` a config or part of one. */
  const around: { readonly wanted: boolean; key: string | undefined }[] = [];
  let roots = 0;
  for (const [token, start, end] of tokens(text)) {
    const inner = around.at(-1);
    if (token === '{' || token === '[') {
      const key = inner?.key ?? '';
      const isPart = withParts && inner?.wanted && PART.test(key) && key !== '"quantization_config"';
      around.push({ wanted: token === '{' && (!inner || isPart === true), key: undefined });
      if (!inner && (token === '[' || ++roots > 1)) return undefined;
    } else if (!inner) return undefined;
    else if (token === '}' || token === ']') around.pop();
    else if (token === ',') inner.key = undefined;
    else if (token === ':') continue;
    else if (inner.key === undefined) inner.key = token;
    else if (inner.wanted && KEY.test(inner.key)) spans.push([start, end]);
  }
  return roots === 1 && around.length === 0 ? spans : undefined;
}
