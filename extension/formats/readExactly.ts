import { describeSystemError, FileError } from '../shared/errors.ts';
import { readUpTo, type ReadHandle } from '../files/wholeCalls.ts';

/** Fills `target` from `position` of the file. @throws UserError when the file ends early. */
export async function readExactly(
  handle: ReadHandle,
  target: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  const done = await readUpTo(handle, target, position).catch((error: unknown) => {
    throw describeSystemError(error, file);
  });
  if (done < target.length)
    throw new FileError(
      file,
      `the file ended at byte ${position + done}; did it change while it was read?`,
      true,
    );
}
