/**
 * Where the files beside a model's weights really are. A folder made by someone else may link `vocab.txt` to a private
 * key, which would be copied into every model made from it, or stored in a .tvq file. So links are followed only within
 * the folder and into the Hub's cache, whose snapshots consist of links.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from '../../files/isInside.ts';
import { readRegular } from '../regularFile.ts';
import { UserError } from '../../shared/errors.ts';

/** Where the Hub's cache keeps a file: under its Git or SHA-256 hash. */
const BLOB = /[\\/]models--[^\\/]+[\\/]blobs[\\/]([0-9a-f]{40}|[0-9a-f]{64})$/;

export interface CompanionPlace {
  /** With links resolved. */
  readonly path: string;
  /** Whether it may go with the weights. */
  readonly belongs: boolean;
}

/** undefined: no such file. */
export async function companionPlace(folder: string, name: string): Promise<CompanionPlace | undefined> {
  try {
    const [top, path] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
    return { path, belongs: isInside(path, top) || BLOB.test(path) };
  } catch {
    return undefined; // a link into a cleared cache, or deleted since it was listed
  }
}

/** Reads one after checking again where it is. @throws UserError if it has moved elsewhere, or is too large */
export async function readCompanion(folder: string, name: string, most: number): Promise<Buffer> {
  const file = join(folder, name);
  const place = await companionPlace(folder, name);
  if (place && !place.belongs) throw new UserError(`${file}: a link out of the model's folder; not followed`);
  return readRegular(place?.path ?? file, most);
}
