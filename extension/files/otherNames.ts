/** What a finished result is called when its own name was taken while it was made. */
import { basename } from 'node:path';

/** Of files that we write; a folder's name may have a dot anywhere ("llama-3.1"). */
const EXTENSION = /(\.tvq|\.safetensors)?$/;

/** `NAME-2`, `NAME-3` and so on, with the extension kept at the end. */
export function* otherNames(path: string): Generator<string, never> {
  for (let number = 2; ; number++) yield path.replace(EXTENSION, extension => `-${number}${extension}`);
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

/** Says that a result is not where it was to be; nothing when it is. */
export const keptElsewhere = (target: string, path: string): string[] =>
  path === target
    ? []
    : [
        `${target}: something else has taken this name, and is not replaced; the result is complete in ${basename(path)}`,
      ];
