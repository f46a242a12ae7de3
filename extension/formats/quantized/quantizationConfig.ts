/** What the small files beside weights say about how they were quantized. */
import { join } from 'node:path';
import { configParts, readConfig, type Config } from '../huggingface/configFile.ts';
import { isObject } from '../json/jsonText.ts';
import { floatDtypeNamed, type FloatDtype } from './floatDtype.ts';

export interface QuantizationConfig {
  /** "gptq", "fp8", …; undefined if nothing says. */
  readonly method: string | undefined;
  /** The dtype that the model computes in. */
  readonly dtype: FloatDtype | undefined;
  /** Rows and columns that share a scale. */
  readonly block: readonly [number, number] | undefined;
  /** Of GPTQ: "gptq" or "gptq_v2", which store zeros differently. */
  readonly checkpointFormat: string | undefined;
}

/** Written by AutoGPTQ and AutoAWQ beside config.json, which may lack it. */
const OWN_FILES = ['quantize_config.json', 'quant_config.json'];

/** Reads the files of a folder. */
export async function readQuantizationConfig(folder: string): Promise<QuantizationConfig> {
  const config = (await readConfig(join(folder, 'config.json'))) ?? {};
  const parts = [...configParts(config)].map(([, part]) => part);
  const stated = parts.map(part => part.quantization_config ?? part.compression_config).find(isObject);
  const own: Config =
    stated ?? (await Promise.all(OWN_FILES.map(name => readConfig(join(folder, name))))).find(isObject) ?? {};
  return {
    method: textOf(own.quant_method) ?? (own === stated ? undefined : methodOf(own)),
    dtype: parts.map(part => floatDtypeNamed(part.dtype ?? part.torch_dtype)).find(dtype => dtype),
    block: blockOf(own.weight_block_size),
    checkpointFormat: textOf(own.checkpoint_format) ?? (own.desc_act === undefined ? undefined : 'gptq'),
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** AutoGPTQ's own file has `desc_act`, AutoAWQ's has `zero_point`. */
const methodOf = ({ desc_act: ordered, zero_point: zeros }: Config): string | undefined =>
  ordered !== undefined ? 'gptq' : zeros !== undefined ? 'awq' : undefined;

function blockOf(value: unknown): readonly [number, number] | undefined {
  const sizes: unknown[] = Array.isArray(value) ? value : [];
  const [rows, columns] = sizes;
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) > 0;
  return sizes.length === 2 && isSize(rows) && isSize(columns) ? [rows, columns] : undefined;
}
