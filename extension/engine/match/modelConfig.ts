/** The few facts of a model's config.json that decide how its tensors are read. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolderCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts';

/** The longest configs, with 21,000 labels, have 2 MB. */
const MAX_CONFIG_BYTES = 8 << 20;

export interface ModelConfig {
  /** Whether the output head is the input embedding; undefined where the config leaves it to the architecture. */
  readonly tied: boolean | undefined;
  /** How its weights were quantized (`quant_method`), where they were. */
  readonly quantization: string | undefined;
}

const UNKNOWN: ModelConfig = { tied: undefined, quantization: undefined };

type Json = Readonly<Record<string, unknown>>;

/** Reads the config of a model folder; a file that stands alone has none. */
export async function readModelConfig(checkpoint: Checkpoint): Promise<ModelConfig> {
  const json = isFolderCheckpoint(checkpoint)
    ? await readConfig(join(checkpoint.path, 'config.json'))
    : undefined;
  if (!json) return UNKNOWN;
  // Models of several parts keep these facts in the part, or beside the parts.
  const places = [json, json.text_config, json.llm_config, json.decoder].filter(isObject);
  const tied = places
    .map(({ tie_word_embeddings: value }) => value)
    .find(value => typeof value === 'boolean');
  const methods = places
    .map(({ quantization_config: value }) => value)
    .filter(isObject)
    .map(({ quant_method: method, quant_algo: algorithm }) => method ?? algorithm);
  const quantization = methods.find(method => typeof method === 'string');
  return { tied, quantization };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A config that is missing or broken does not make the weights unusable. */
async function readConfig(file: string): Promise<Json | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile() || info.size > MAX_CONFIG_BYTES) return undefined;
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
