/** Where a model comes from and what may be done with it, as far as its folder tells. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../../files/exists.ts';
import { readTextBeginning, readFrontMatter } from './frontMatter.ts';
import { readLicence, type Licence } from './licence.ts';

/** One model used in a merge. */
export interface ModelSource {
  /** Its name in the recipe; the base is "base". */
  readonly name: string;
  /** Its id on the Hub; for a local model, those it was trained from. */
  readonly hubIds: readonly string[];
  /** The Hub's commit, if the folder is in the Hub's cache. */
  readonly revision: string | undefined;
  /** undefined: not stated. */
  readonly licence: Licence | undefined;
}

/** `_name_or_path` is near the front of a config, whose long lists of labels come later. */
const MAX_CONFIG_BYTES = 256 << 10;

/** Reads a model's README.md, config.json and LICENSE. @param folder undefined for a standalone file */
export async function readModelSource(name: string, folder: string | undefined): Promise<ModelSource> {
  if (folder === undefined) return { name, hubIds: [], revision: undefined, licence: undefined };
  const frontMatter = await readFrontMatter(folder);
  const licence = await readLicence(folder, frontMatter);
  const cached = await inHubCache(folder);
  if (cached) return { name, hubIds: [cached.id], revision: cached.revision, licence };
  const stated = frontMatter('base_model').filter(isHubId);
  const hubIds = stated.length > 0 ? stated : await configuredName(folder);
  return { name, hubIds: [...new Set(hubIds)], revision: undefined, licence };
}

/** The Hub's cache names folders `models--ORGANISATION--NAME/snapshots/COMMIT`. */
async function inHubCache(folder: string): Promise<{ id: string; revision: string } | undefined> {
  const path = await realpath(folder).catch(() => folder);
  const [, repository, revision] =
    /[/\\]models--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})[/\\]?$/.exec(path) ?? [];
  const id = repository?.replace('--', '/');
  return id !== undefined && revision !== undefined && isHubId(id) ? { id, revision } : undefined;
}

/** The name from which transformers loaded the model; local paths are ignored. */
async function configuredName(folder: string): Promise<string[]> {
  const config = (await readTextBeginning(join(folder, 'config.json'), MAX_CONFIG_BYTES)) ?? '';
  const id = /"_name_or_path"\s*:\s*"([^"\\]*)"/.exec(config)?.[1] ?? '';
  return id.includes('/') && isHubId(id) && !LOCAL.test(id) && !(await exists(id)) ? [id] : [];
}

/** `name` or `organisation/name`, by the Hub's rules for names. */
const isHubId = (id: string): boolean =>
  /^[A-Za-z0-9][\w.-]{0,95}(\/[A-Za-z0-9][\w.-]{0,95})?$/.test(id) && !/--|\.\./.test(id);

/** A training script's folders may look like ids of the Hub. */
const LOCAL = /^(models?|checkpoints?|outputs?|results?|runs?|data|tmp)\//i;
