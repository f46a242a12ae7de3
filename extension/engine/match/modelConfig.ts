/** The few facts of a model's config.json that decide how its tensors are read. */
import { join } from 'node:path';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { configParts, readConfig, type Config } from '../../formats/huggingface/configFile.ts';
import { isObject } from '../../formats/json/jsonText.ts';

export interface ModelConfig {
  /** Whether the output head is the input embedding; undefined if the config leaves it to the architecture. */
  readonly tied: boolean | undefined;
  /** How its weights were quantized (`quant_method`), if they were. */
  readonly quantization: string | undefined;
}

/** Reads the config of a model folder; a standalone file has none. */
export const readModelConfig = async ({ folder }: Checkpoint): Promise<ModelConfig> =>
  modelConfigOf(folder === undefined ? undefined : await readConfig(join(folder, 'config.json')));

export function modelConfigOf(json: Config | undefined): ModelConfig {
  if (!json) return { tied: undefined, quantization: undefined };
  // Models with several parts keep these facts in a part, or next to the parts.
  const places = [...configParts(json)].map(([, part]) => part);
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
