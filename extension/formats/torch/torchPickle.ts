/** The value of a pickle of torch.save's, with storages recorded by their keys. */
import { UserError } from '../../shared/errors.ts';
import { called, checkNamed, made } from './globals.ts';
import { unpickle } from './pickle.ts';
import { PickleFault } from './pickleFaults.ts';
import { Global, Storage } from './pickleValues.ts';

/** A model's pickle has about 300 bytes a tensor; what trainers keep beside may have more. */
export const MAX_PICKLE_BYTES = 64 << 20;

interface TorchPickle {
  readonly value: unknown;
  /** Bytes from the start up to the pickle's end. */
  readonly end: number;
  /** The storages that it refers to, by their keys. */
  readonly storages: ReadonlyMap<string, Storage>;
}

/**
 * @throws UserError naming the file and the fault
 * @throws CutOff if the pickle goes on after the last byte
 */
export function torchPickle(file: string, bytes: Uint8Array, start = 0): TorchPickle {
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): unknown => {
    const value = persistentValue(id);
    if (value instanceof Storage) storages.set(value.key, value);
    return value;
  };
  const read = inFile(file, () => unpickle(bytes, start, { named: checkNamed, called, made, persistent }));
  return { ...read, storages };
}

/** The same work, whose faults name the file. */
export function inFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof PickleFault ? new UserError(`${file}: ${error.message}`) : error;
  }
}

/**
 * ('storage', class, key, device, count) and, in a file of the older layout, (key, first, count) of a part of it;
 * ('module', class, …) for a class whose source was saved too.
 */
function persistentValue(id: unknown): unknown {
  const [kind, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : [];
  if (kind === 'module' && type instanceof Global) return type;
  if (kind !== 'storage' || !(type instanceof Global) || !isKey(key) || !isCount(count))
    throw new PickleFault('its pickle refers to something else than a storage');
  const [, first, part] = Array.isArray(view) ? (view as unknown[]) : [undefined, 0, count];
  if (!isCount(first) || !isCount(part)) throw new PickleFault('its pickle has a storage of no size');
  return new Storage(String(key), type.name, part, first);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Older versions of torch wrote numbers. */
export const isKey = (value: unknown): value is string | number =>
  ['string', 'number'].includes(typeof value);
