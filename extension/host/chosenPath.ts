/** What kind of path the user chose. No `vscode` here, so that tests can run it. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isWeightName } from '../formats/huggingface/weightNames.ts';
import { isTvq } from '../formats/tvq/names.ts';

/** `other`: nothing that we can read. */
export type ChosenKind = 'folder' | 'weights' | 'tvq' | 'other';

/** A folder is recognised as such; a file, or a missing path, by its name. */
export async function chosenKind(path: string): Promise<ChosenKind> {
  if (
    await stat(path).then(
      info => info.isDirectory(),
      () => false,
    )
  )
    return 'folder';
  if (isTvq(path)) return 'tvq';
  return isWeightName(basename(path)) ? 'weights' : 'other';
}
