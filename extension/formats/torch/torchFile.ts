/** The header of a file that torch.save wrote: its tensors, and where their values are. Only its pickle is read. */
import type { FileHandle } from 'node:fs/promises';
import { stampFrom } from '../../files/fileStamp.ts';
import { describeSystemError } from '../../shared/errors.ts';
import { FOREIGN_HEAD_BYTES, foreignContent } from '../foreignContent.ts';
import { NotWeights } from '../notWeights.ts';
import { readExactly } from '../readExactly.ts';
import { openRegular } from '../regularFile.ts';
import type { Allowance } from '../safetensors/headerRoom.ts';
import type { WeightHeader } from '../weightFormat.ts';
import { readLegacyFile } from './legacyFile.ts';
import { NoTensors, stateDictOf, type StateDict } from './stateDict.ts';
import { tensorSources, type Place } from './tensorSources.ts';
import { isLegacy, isPickle, isZip } from './torchHead.ts';
import { inFile } from './torchPickle.ts';
import { readArchive, type TorchContents } from './torchArchive.ts';

/**
 * Reads and checks what a file of PyTorch's holds.
 * @throws NotWeights for a file that is something else
 * @throws UserError naming the file and the fault
 */
export async function readTorchHeader(file: string, allowance: Allowance): Promise<WeightHeader> {
  const { handle, info } = await openRegular(file);
  try {
    const stamp = stampFrom(file, info);
    const contents = await readContents(handle, file, stamp.bytes, allowance);
    const { tensors, notes } = modelIn(file, contents.root);
    const places = new Map<string, Promise<Place>>();
    const sources = await tensorSources(file, stamp.bytes, tensors, ({ key }) => {
      const place = places.get(key) ?? contents.placeOf(key);
      places.set(key, place);
      return place;
    });
    return {
      file,
      fileBytes: stamp.bytes,
      metadata: {},
      tensors: sources,
      notes: [...contents.notes, ...notes].map(note => `${file}: ${note}`),
      stamp,
    };
  } catch (error) {
    throw describeSystemError(error, file);
  } finally {
    await handle.close();
  }
}

async function readContents(
  handle: FileHandle,
  file: string,
  fileBytes: number,
  allowance: Allowance,
): Promise<TorchContents> {
  const head = new Uint8Array(Math.min(fileBytes, FOREIGN_HEAD_BYTES));
  await readExactly(handle, head, 0, file);
  if (isZip(head)) return readArchive(handle, file, fileBytes, allowance);
  if (isLegacy(head)) return readLegacyFile(handle, file, fileBytes, allowance);
  throw new NotWeights(`${file}: ${whatElse(head)}`);
}

function whatElse(head: Uint8Array): string {
  if (head.length === 0) return 'the file is empty; was the download finished?';
  if (isPickle(head))
    return 'a pickle that torch.save did not write; load it where it was made, and save the state dict with torch.save';
  return (
    foreignContent(head) ?? 'not weights; a file of torch.save, safetensors or another format was expected'
  );
}

function modelIn(file: string, root: unknown): StateDict {
  try {
    return inFile(file, () => stateDictOf(root));
  } catch (error) {
    throw error instanceof NoTensors ? new NotWeights(`${file}: ${error.message}`) : error;
  }
}
