/** What the path is that somebody chose. No `vscode` here: tests run it as it is. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isWeightName } from '../formats/huggingface/weightNames.ts';
import { isTvq } from '../formats/tvq/names.ts';

/** `other`: nothing that we read. */
export type ChosenKind = 'folder' | 'weights' | 'tvq' | 'other';

/** A folder whatever it is called; a file, and what is gone, by its name. */
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
