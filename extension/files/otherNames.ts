/** Names for a finished result whose own name was taken meanwhile. */
import { basename, extname } from 'node:path';
import { isFileOutput } from '../shared/outputForms.ts';
import { isTvq } from '../formats/tvq/names.ts';

/** The extension of a file that we write; a folder's name may have a dot anywhere ("llama-3.1"). */
const extensionOf = (path: string): string => (isTvq(path) || isFileOutput(path) ? extname(path) : '');

/** `NAME-2`, `NAME-3` and so on, with the extension kept at the end. */
export function* otherNames(path: string): Generator<string, never> {
  const extension = extensionOf(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let number = 2; ; number++) yield `${stem}-${number}${extension}`;
}

/** The first of the other names that is free. */
export async function freeName(
  path: string,
  isTaken: (path: string) => boolean | Promise<boolean>,
): Promise<string> {
  const names = otherNames(path);
  for (;;) {
    const { value } = names.next();
    if (!(await isTaken(value))) return value;
  }
}

/** A note if a result is not where it was meant to be; none if it is. */
export const keptElsewhere = (target: string, path: string): string[] =>
  path === target
    ? []
    : [
        `${target}: something else took this name and is not replaced; the complete result is in ${basename(path)}`,
      ];
