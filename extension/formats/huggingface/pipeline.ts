/** Pipelines of diffusers: a folder with `model_index.json`, and a folder for each component. */
import { readdir } from 'node:fs/promises';
import { foldersWith } from '../innerFolders.ts';
import { cachedSnapshot } from './hubCache.ts';
import { isWeightName } from './weightNames.ts';

export const PIPELINE_INDEX = 'model_index.json';

export interface Pipeline {
  /** Its folder; for a model in the Hub's cache, the snapshot. */
  readonly folder: string;
  /** Names of the folders that hold weights, in order: others hold schedulers, tokenizers and the like. */
  readonly components: readonly string[];
}

/** The pipeline that a path stands for; undefined for anything else, also if weights lie beside the index. */
export async function pipelineAt(path: string): Promise<Pipeline | undefined> {
  const folder = (await cachedSnapshot(path).catch(() => undefined)) ?? path;
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes(PIPELINE_INDEX) || names.some(isWeightName)) return undefined;
  const components = await foldersWith(folder, inside => inside.some(isWeightName));
  return components.length === 0 ? undefined : { folder, components };
}
