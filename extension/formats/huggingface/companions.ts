/** Files of a model folder that are not weights: what transformers, vLLM and llama.cpp look for beside them. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../shared/format.ts';
import { listed } from '../../shared/listed.ts';
import { isObject } from '../json/jsonText.ts';
import { isCompanion, MODULE_FOLDER, MODULES, TEMPLATES_FOLDER } from './companionNames.ts';
import { companionPlace } from './companionPlace.ts';
import { MODEL_FILE } from '../safetensors/names.ts';
import { readJson } from './configFile.ts';

/** The largest tokenizers have 35 MB; anything larger than this is not a small companion file. */
export const MAX_COMPANION_BYTES = 64 << 20;
/** A model has about 30 at most; more cannot all be companions. */
export const MAX_COMPANIONS = 1000;
/**
 * Names of companions relative to their folder, sorted; files that are too large, or are links to elsewhere, are left
 * out with a warning.
 */
export async function companionsOf(folder: string): Promise<{ names: string[]; warnings: string[] }> {
  const names: string[] = [];
  const warnings: string[] = [];
  const outside: string[] = [];
  for (const name of (await candidates(folder)).filter(isCompanion).sort().slice(0, MAX_COMPANIONS)) {
    const file = join(folder, name);
    const place = await companionPlace(folder, name);
    const info = place && (await stat(place.path).catch(() => undefined));
    if (!info?.isFile()) continue;
    if (!place?.belongs) outside.push(name);
    else if (info.size <= MAX_COMPANION_BYTES) names.push(name);
    else
      warnings.push(
        `${file}: not copied, its ${formatBytes(info.size)} are more than ${formatBytes(MAX_COMPANION_BYTES)}`,
      );
  }
  const [first, second] = outside;
  if (first !== undefined)
    warnings.push(
      second === undefined
        ? `${join(folder, first)}: not copied, it is a link out of the model's folder; put the file itself there`
        : `${folder}: ${listed(outside)} are not copied, they are links out of the model's folder; put the files themselves there`,
    );
  return { names, warnings };
}

async function candidates(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const inner = [TEMPLATES_FOLDER, ...(names.includes(MODULES) ? await moduleFolders(folder) : [])];
  const nested = await Promise.all(
    inner.map(async name => {
      const found = await readdir(join(folder, name)).catch((): string[] => []);
      // One of two formats of the same weights is enough.
      const twice = found.includes(MODEL_FILE);
      return found.filter(file => !twice || file !== 'pytorch_model.bin').map(file => `${name}/${file}`);
    }),
  );
  return [...names, ...nested.flat()];
}

/** Folders that modules.json of sentence-transformers lists; the transformer's own folder is the model's. */
async function moduleFolders(folder: string): Promise<string[]> {
  const modules = await readJson(join(folder, MODULES));
  const paths = Object.values(modules ?? {}).flatMap((module: unknown) =>
    isObject(module) ? [module.path] : [],
  );
  return [...new Set(paths)].filter(path => typeof path === 'string' && MODULE_FOLDER.test(path)) as string[];
}
