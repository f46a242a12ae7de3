/** Licences of models: what each input states, and whether they agree. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { groupBy } from '../../../shared/groupBy.ts';
import { readTextBeginning, type FrontMatter } from './frontMatter.ts';

export interface Licence {
  /** As the Hub calls it ("apache-2.0", "llama3.1", "other"); several if a model offers a choice. */
  readonly ids: readonly string[];
  /** What "other" is. */
  readonly name: string | undefined;
  readonly link: string | undefined;
}

/** A merged model has a licence only if all inputs have the same. */
export interface CombinedLicence {
  readonly common: Licence | undefined;
  /** Set when two inputs differ. */
  readonly warning: string | undefined;
}

/** Beginnings of licence texts that often come without a model card. */
const TITLES: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^\s*Apache License\s+Version 2\.0/i, 'apache-2.0'],
  [/^\s*(The )?MIT License/i, 'mit'],
  [/^\s*BSD 3-Clause/i, 'bsd-3-clause'],
  [/^\s*GNU GENERAL PUBLIC LICENSE\s+Version 3/i, 'gpl-3.0'],
  [/^\s*GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3/i, 'agpl-3.0'],
  [/^\s*(META )?LLAMA 2 COMMUNITY LICENSE/i, 'llama2'],
  [/^\s*META LLAMA 3 COMMUNITY LICENSE/i, 'llama3'],
  [/^\s*LLAMA 3\.1 COMMUNITY LICENSE/i, 'llama3.1'],
  [/^\s*LLAMA 3\.2 COMMUNITY LICENSE/i, 'llama3.2'],
  [/^\s*LLAMA 3\.3 COMMUNITY LICENSE/i, 'llama3.3'],
];
const TITLE_BYTES = 512;

/** The licence that a model card's front matter states, else the one whose text is in the folder. */
export async function readLicence(folder: string, frontMatter: FrontMatter): Promise<Licence | undefined> {
  const ids = frontMatter('license').map(id => id.trim().toLowerCase());
  const valid = ids.filter(id => /^[a-z0-9][a-z0-9.+-]{0,63}$/.test(id) && id !== 'unknown');
  if (valid.length > 0) {
    const text = (key: string) => frontMatter(key).find(isShortLine);
    return { ids: valid.sort(), name: text('license_name'), link: text('license_link') };
  }
  return licenceFile(folder);
}

async function licenceFile(folder: string): Promise<Licence | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.sort().find(file => /^licen[cs]e([-.]|$)/i.test(file));
  if (name === undefined) return undefined;
  const text = (await readTextBeginning(join(folder, name), TITLE_BYTES)) ?? '';
  const id = TITLES.find(([pattern]) => pattern.test(text))?.[1];
  return { ids: [id ?? 'other'], name: undefined, link: undefined };
}

const isShortLine = (text: string): boolean => /^[^\p{Cc}]{1,200}$/u.test(text);

/** "apache-2.0"; "other (openrail-custom)". */
export const licenceText = ({ ids, name }: Licence): string =>
  ids.join(' or ') + (name === undefined ? '' : ` (${name})`);

/** Compares the licences of all inputs; inputs that state none prevent a common one but conflict with nobody. */
export function combineLicences(
  sources: readonly { readonly name: string; readonly licence: Licence | undefined }[],
): CombinedLicence {
  const stated = sources.flatMap(({ name, licence }) => (licence ? [{ name, licence }] : []));
  const byText = groupBy(stated, ({ name, licence }) => {
    const isUnnamed = licence.ids.includes('other') && licence.name === undefined;
    return isUnnamed ? `${licenceText(licence)} of ${name}` : licenceText(licence).toLowerCase();
  });
  const groups = [...byText.values()] as [(typeof stated)[number]][];
  if (groups.length > 1) {
    const list = groups
      .map(
        group =>
          `${group.map(({ name }) => JSON.stringify(name)).join(', ')}: ${licenceText(group[0].licence)}`,
      )
      .join('; ');
    const warning = `the licences of the inputs differ (${list}); the model card states none, check what they allow together`;
    return { common: undefined, warning };
  }
  const common = stated.length === sources.length ? groups[0]?.[0].licence : undefined;
  return { common, warning: undefined };
}
