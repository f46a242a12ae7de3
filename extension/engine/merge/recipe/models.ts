/** The models of a recipe file: paths, names, and which of them is the base. */
import { basename, resolve } from 'node:path';
import { partsOf } from '../../match/openNamed.ts';
import type { MergeInput } from '../../../protocol/recipes.ts';
import { freeName, taskNameOf } from '../../../formats/tvq/taskName.ts';
import { isTaskName } from '../../../formats/tvq/layout.ts';
import { isTvq } from '../../../formats/tvq/names.ts';
import type { Path, RecipeDocument } from './document.ts';
import type { Text } from './fields.ts';
import type { MergekitMethod } from './mergekit.ts';
import type { Entry, Shape } from './shape.ts';
import type { GivenOfModel } from './translate.ts';

/** Where a recipe's paths lead. */
export interface Surroundings {
  /** Relative paths start here. */
  readonly folder: string;
  readonly exists: (path: string) => boolean;
}

/** An input with its parameters as given in the file. */
export interface Model extends GivenOfModel {
  readonly input: MergeInput;
}

export interface Models {
  /** Of the recipe: what task vectors are relative to, and what gives config and dtypes to the output. */
  readonly base: string | undefined;
  readonly models: readonly Model[];
}

/**
 * The document collects faults.
 * @param role the role of base_model in the method
 */
export function readModels(
  document: RecipeDocument,
  shape: Shape,
  role: MergekitMethod['base'],
  { folder, exists }: Surroundings,
): Models {
  const find = ({ path, text }: Text) =>
    document.attempt(() => findModel(document, path, text, folder, exists)) ?? resolve(folder, text);
  const base = shape.base && find(shape.base);
  const reference = shape.reference && find(shape.reference);
  document.attempt(() => checkBase(document, shape, role));
  const names = explicitNames(document, shape);
  const listed = shape.models.map(({ model, task, name: given, parameters }): Model => {
    const file = find(model);
    if (task && !isTvq(file)) document.fault(task.path, 'only .tvq files have tasks; leave task out');
    if (given && isTvq(file) && !task)
      document.fault(given.path, 'all tasks of the file keep their names; give the task, or leave name out');
    const name = given?.text ?? freeName(task?.text ?? taskNameOf(file), names);
    return { ...parameters, name, input: { name, path: file, task: task?.text } };
  });
  checkTwice(document, shape, listed);
  if (base === undefined) return { base: reference, models: listed };
  const isBase = ({ input }: Model) => input.path === base;
  const own = listed.find(isBase);
  const others = listed.filter(model => model !== own);
  if (role === 'origin') {
    if (own && Object.keys(own.values).length > 0)
      document.note(
        own.path,
        'the parameters of base_model have no effect; it is what the others are compared with',
      );
    return { base, models: listed.filter(model => !isBase(model)) };
  }
  const asModel = own ?? nameless(base, names);
  if (role === 'first') return { base: reference ?? base, models: [asModel, ...others] };
  // mergekit adds a base that is not listed, but not to slices. Where there are .tvq files it is there for them.
  const complete = own ?? (shape.sliced || reference || listed.some(({ input }) => isTvq(input.path)));
  return { base: reference ?? base, models: complete ? listed : [...listed, asModel] };
}

function checkBase(document: RecipeDocument, { base, reference }: Shape, role: MergekitMethod['base']): void {
  if (base && reference && role === 'origin')
    throw document.error(reference.path, 'reference and base_model are the same here; give one of them');
  for (const given of [base, reference]) {
    if (given && isTvq(given.text))
      throw document.error(
        given.path,
        `${given.path[0]} is a .tvq file; name the checkpoint that its task vectors belong to`,
      );
  }
}

function nameless(path: string, names: Set<string>): Model {
  const name = freeName(taskNameOf(path), names);
  return { name, input: { name, path, task: undefined }, path: ['base_model'], values: {} };
}

const HUB_ID = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/;

function findModel(
  document: RecipeDocument,
  place: Path,
  text: string,
  folder: string,
  exists: (path: string) => boolean,
): string {
  const path = resolve(folder, text);
  if (exists(path)) return path;
  const parts = partsOf(text, () => false);
  if (parts.length > 1) return parts.map(part => findModel(document, place, part, folder, exists)).join('+');
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

/** Names given to entries; the document collects invalid and duplicate ones. */
function explicitNames(document: RecipeDocument, { models }: Shape): Set<string> {
  const names = new Set<string>();
  for (const { name, task } of models) {
    for (const [key, given] of Object.entries({ name, task })) {
      if (given && !isTaskName(given.text))
        document.fault(
          given.path,
          `${key}: "${given.text}" is not a valid name; use up to 128 letters, digits, dots, dashes and underscores`,
        );
    }
    if (!name) continue;
    if (names.has(name.text)) document.fault(name.path, `two models are named "${name.text}"`);
    names.add(name.text);
  }
  return names;
}

/** The same model twice is a mistake, unless each has its own name. */
function checkTwice(document: RecipeDocument, { models }: Shape, listed: readonly Model[]): void {
  const seen = new Set<string>();
  for (const [i, { input }] of listed.entries()) {
    const key = JSON.stringify([input.path, input.task]);
    const { path, name } = models[i] as Entry;
    if (seen.has(key) && !name)
      document.fault(path, `${input.path} is listed twice; list it once, with the sum of the weights`);
    seen.add(key);
  }
}
