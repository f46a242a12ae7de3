/** Checks that need a recipe's models on disk: how many layers they have, which tokens they know. */
import { resolve } from 'node:path';
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import { layerCount } from '../../../formats/names/layers.ts';
import { openNamed } from '../../match/openNamed.ts';
import type { Path, RecipeDocument } from './document.ts';
import { isTvq } from '../../../formats/tvq/names.ts';
import type { Models, Surroundings } from './models.ts';
import type { Shape, TokenizerWish } from './shape.ts';
import { differ, readVocabulary, type Vocabulary } from './vocabulary.ts';

/** The document collects faults. Files that cannot be read are left for the merge to report. */
export async function checkOnDisk(
  document: RecipeDocument,
  { shape, models }: { readonly shape: Shape; readonly models: Models },
  { folder, exists }: Surroundings,
): Promise<void> {
  for (const { model, layers } of shape.models) {
    if (!layers) continue;
    const count = await countLayers(resolve(folder, model.text));
    checkLayers(document, layers, count);
  }
  if (shape.tokenizer) await checkVocabularies(document, shape.tokenizer, models, { folder, exists });
}

const opened = (path: string): Promise<Checkpoint | undefined> =>
  isTvq(path) ? Promise.resolve(undefined) : openNamed(path).catch(() => undefined);

async function countLayers(path: string): Promise<number | undefined> {
  const checkpoint = await opened(path);
  return checkpoint && layerCount(checkpoint.tensors.keys());
}

function checkLayers(
  document: RecipeDocument,
  { path, from, to }: { readonly path: Path; readonly from: number; readonly to: number },
  count: number | undefined,
): void {
  if (from === 0 && (count === undefined || to === count)) return;
  const there = count === undefined ? '' : ` of ${count}`;
  document.fault(
    path,
    `layers ${from} to ${to}${there}: only whole models are merged here; take all layers, or use mergekit to cut and stack them`,
  );
}

/** Copying the base's tokenizer is enough if all vocabularies are equal. */
async function checkVocabularies(
  document: RecipeDocument,
  { path, source, padTo }: TokenizerWish,
  { base, models }: Models,
  { folder }: Surroundings,
): Promise<void> {
  const read = async (model: string): Promise<Vocabulary | undefined> => {
    const checkpoint = await opened(model);
    return checkpoint && readVocabulary(checkpoint);
  };
  const donor = base ?? models[0]?.input.path;
  const known = donor === undefined ? undefined : await read(donor);
  if (donor === undefined || !known) return;
  const named = typeof source === 'object' ? [resolve(folder, source.text)] : [];
  const others = new Set(
    [...models.map(({ input }) => input.path), ...named].filter(other => other !== donor),
  );
  const key = path.join('.');
  for (const other of others) {
    const vocabulary = await read(other);
    const difference = vocabulary && differ(known, vocabulary);
    if (difference)
      document.fault(
        path,
        `${key}: ${other} has a different vocabulary from ${donor} (${difference}); tokens are not moved here: use mergekit, or models with one vocabulary`,
      );
  }
  if (padTo !== undefined && known.size !== undefined && known.size % padTo !== 0)
    document.fault(
      path,
      `${key}: the vocabulary of ${donor} has ${known.size} rows, not a multiple of ${padTo}; rows are not added here`,
    );
}
