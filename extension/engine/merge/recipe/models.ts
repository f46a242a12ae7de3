/** The models of a recipe file: paths, names, and which of them is the base. */
import { basename, extname, resolve } from 'node:path';
import type { MergeInput } from '../../../protocol.ts';
import { isTaskName } from '../../tvq/layout.ts';
import type { Path, RecipeDocument } from './document.ts';
import type { MergekitMethod } from './mergekit.ts';
import type { RecipeShape } from './schema.ts';
import type { GivenOfModel } from './translate.ts';

/** Where a recipe's paths lead. */
export interface Surroundings {
  /** Relative paths start here. */
  readonly folder: string;
  readonly exists: (path: string) => boolean;
}

/** An input with its parameters as the file has them. */
export interface Model extends GivenOfModel {
  readonly input: MergeInput;
}

export interface Models {
  readonly base: string | undefined;
  readonly models: readonly Model[];
}

export const isTvq = (path: string): boolean => extname(path).toLowerCase() === '.tvq';

/** @param role what the method takes base_model for */
export function readModels(
  document: RecipeDocument,
  shape: RecipeShape,
  role: MergekitMethod['base'],
  { folder, exists }: Surroundings,
  note: (line: string) => void,
): Models {
  const find = (path: Path, text: string) => findModel(document, path, text, resolve(folder, text), exists);
  const base = shape.base_model ? find(['base_model'], shape.base_model) : undefined;
  if (base !== undefined && isTvq(base))
    throw document.error(
      ['base_model'],
      'base_model is a .tvq file; name the checkpoint that its task vectors belong to',
    );
  const names = explicitNames(document, shape);
  const listed = shape.models.map((entry, i): Model => {
    const path = ['models', i];
    const file = find([...path, 'model'], entry.model);
    if (entry.task && !isTvq(file))
      throw document.error([...path, 'task'], 'only .tvq files have tasks; leave task out');
    if (entry.name && isTvq(file) && !entry.task)
      throw document.error(
        [...path, 'name'],
        'all tasks of the file keep their names; give the task, or leave name out',
      );
    const name = entry.name ?? freeName(entry.task ?? stem(file), names);
    const input = { name, path: file, task: entry.task ?? undefined };
    return { name, input, path: [...path, 'parameters'], values: entry.parameters ?? {} };
  });
  checkTwice(document, listed);
  if (base === undefined) return { base, models: listed };
  const isBase = ({ input }: Model) => input.path === base;
  const own = listed.find(isBase);
  const others = listed.filter(model => !isBase(model));
  if (role === 'origin') {
    if (own && Object.keys(own.values).length > 0)
      note(
        `line ${document.line(own.path)}: the parameters of base_model have no effect; it is what the others are compared with`,
      );
    return { base, models: others };
  }
  const asModel = own ?? nameless(base, names);
  if (role === 'first') return { base, models: [asModel, ...others] };
  // mergekit adds a base that is not listed. Where there are .tvq files it is there for them, and no model of its own.
  const added = own || listed.some(({ input }) => isTvq(input.path)) ? [] : [asModel];
  return { base, models: [...listed, ...added] };
}

function nameless(path: string, names: Set<string>): Model {
  const name = freeName(stem(path), names);
  return { name, input: { name, path, task: undefined }, path: ['base_model'], values: {} };
}

const HUB_ID = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/;

function findModel(
  document: RecipeDocument,
  place: Path,
  text: string,
  path: string,
  exists: (path: string) => boolean,
): string {
  if (exists(path)) return path;
  if (text.includes('+'))
    throw document.error(
      place,
      `"${text}": model+LoRA is not supported; merge the adapter into its model first`,
    );
  if (HUB_ID.test(text)) {
    const [id, revision] = text.split('@') as [string, string | undefined];
    const of = revision === undefined ? '' : ` --revision ${revision}`;
    throw document.error(
      place,
      `there is no folder ${path}; models are not downloaded: if "${text}" is on the Hugging Face Hub, run \`hf download ${id}${of} --local-dir ${basename(id)}\` and give that folder`,
    );
  }
  throw document.error(place, `there is no such file or folder: ${path}`);
}

/** Names that entries were given. @throws UserError for one that is no name, or is given twice */
function explicitNames(document: RecipeDocument, { models }: RecipeShape): Set<string> {
  const names = new Set<string>();
  for (const [i, { name, task }] of models.entries()) {
    for (const [key, text] of Object.entries({ name, task })) {
      if (text && !isTaskName(text))
        throw document.error(
          ['models', i, key],
          `${key}: "${text}" is no name; it has up to 128 letters, digits, dots, dashes and underscores`,
        );
    }
    if (!name) continue;
    if (names.has(name)) throw document.error(['models', i, 'name'], `two models are named "${name}"`);
    names.add(name);
  }
  return names;
}

/** What a path is called: its last part, without what no name may have. */
function stem(path: string): string {
  const plain = basename(path)
    .replace(/\.(safetensors|tvq)$/i, '')
    .replace(/[^\p{L}\p{N}._-]/gu, '_')
    .slice(0, 100);
  return isTaskName(plain) ? plain : `_${plain}`;
}

/** The name, or the first of name-2, name-3 … that is free; takes it. */
export function freeName(name: string, names: Set<string>): string {
  let free = name;
  for (let i = 2; names.has(free); i++) free = `${name}-${i}`;
  names.add(free);
  return free;
}

function checkTwice(document: RecipeDocument, models: readonly Model[]): void {
  const seen = new Set<string>();
  for (const { input, path } of models) {
    const key = JSON.stringify([input.path, input.task]);
    if (seen.has(key))
      throw document.error(
        path.slice(0, 2),
        `${input.path} is listed twice; list it once, with the sum of the weights`,
      );
    seen.add(key);
  }
}
