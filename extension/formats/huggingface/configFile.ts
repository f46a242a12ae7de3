/** The small JSON files beside weights: config.json etc. Anyone may have written them, so nothing here fails. */
import { isObject, parsePythonJson } from '../json/jsonText.ts';
import { readText } from '../smallFile.ts';

/** The largest configs, with 21,000 labels, have 2 MB. */
export const MAX_CONFIG_LENGTH = 8 << 20;

export type Config = Readonly<Record<string, unknown>>;

/** What a JSON file holds; undefined if there is none of a plausible size. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return parsePythonJson(await readText(file, MAX_CONFIG_LENGTH));
  } catch {
    return undefined; // missing or unreadable: it then says nothing
  }
}

/** The object in a JSON file; undefined if there is none. */
export async function readConfig(file: string): Promise<Config | undefined> {
  const value = await readJson(file);
  return isObject(value) ? value : undefined;
}

/** The object in a config's text; undefined if it is not one. */
export function parseConfig(text: string): Config | undefined {
  const value = text.length > MAX_CONFIG_LENGTH ? undefined : parsePythonJson(text);
  return isObject(value) ? value : undefined;
}

/** Whether a key of a config holds the config of a part: `text_config`, `vision_config`, an encoder's and decoder's. */
export const isPart = (key: string): boolean =>
  (key.endsWith('_config') && key !== 'quantization_config') || /(^|_)(en|de)coder$/.test(key);

/** The config itself and those of its parts, with their paths. */
export function* configParts(
  config: Config,
  path: readonly string[] = [],
): Generator<[path: readonly string[], part: Config]> {
  yield [path, config];
  for (const [key, value] of Object.entries(config)) {
    if (isPart(key) && isObject(value)) yield* configParts(value, [...path, key]);
  }
}
