/**
 * The layout of torch.save before 1.6 (torch/serialization.py, _legacy_save): five pickles one after another, of which
 * the fourth has the model and the fifth the keys of the storages, then for each of these a count of eight bytes and
 * its numbers.
 */
import { UserError } from '../../shared/errors.ts';
import type { ReadHandle } from '../../files/wholeCalls.ts';
import { DTYPE_BITS } from '../dtype.ts';
import { quote } from '../safetensors/headerText.ts';
import { readExactly } from '../readExactly.ts';
import type { Allowance } from '../safetensors/headerRoom.ts';
import { CutOff } from './pickleFaults.ts';
import { Dict, type Storage } from './pickleValues.ts';
import type { Place } from './tensorSources.ts';
import type { TorchContents } from './torchArchive.ts';
import { dtypeOf, OTHER_BITS, storageDtype } from './torchDtypes.ts';
import { isKey, MAX_PICKLE_BYTES, torchPickle } from './torchPickle.ts';

const PROTOCOL = 1001;
/** Where the pickles end is known only when they are read: this much at first, and more if they go on. */
const FIRST_BYTES = 128 << 10;
const COUNT_BYTES = 8;

interface Pickles {
  readonly values: readonly unknown[];
  readonly storages: ReadonlyMap<string, Storage>;
  /** Where the last one ends, in bytes from the start of the file. */
  readonly end: number;
}

/** @throws UserError naming the file and the fault */
export async function readLegacyFile(
  handle: ReadHandle,
  file: string,
  fileBytes: number,
  allowance: Allowance,
): Promise<TorchContents> {
  const { values, storages, end } = await readPickles(handle, file, fileBytes, allowance);
  const [, protocol, system, root, keys] = values;
  if (protocol !== PROTOCOL)
    throw new UserError(
      `${file}: it is not of protocol ${PROTOCOL}, which torch.save writes; is it a file of PyTorch's?`,
    );
  if (system instanceof Dict && system.entries.get('little_endian') === false)
    throw new UserError(
      `${file}: its numbers are big-endian, little was expected; load it in PyTorch and save it again`,
    );
  const places = await storagePlaces(handle, file, fileBytes, { keys, storages, end });
  const placeOf = (key: string): Promise<Place> => {
    const place = places.get(key);
    if (place) return Promise.resolve(place);
    return Promise.reject(new UserError(`${file}: it has no storage ${key}; is the file complete?`));
  };
  return { root, placeOf, notes: [] };
}

async function readPickles(
  handle: ReadHandle,
  file: string,
  fileBytes: number,
  allowance: Allowance,
): Promise<Pickles> {
  const most = Math.min(fileBytes, MAX_PICKLE_BYTES);
  for (let length = Math.min(FIRST_BYTES, most); ; length = Math.min(8 * length, most)) {
    allowance.take(file, length);
    const pickles = await allowance.room.with(length, async () => {
      const bytes = new Uint8Array(length);
      await readExactly(handle, bytes, 0, file);
      return picklesIn(file, bytes);
    });
    if (pickles) return pickles;
    if (length === most)
      throw new UserError(
        fileBytes > most
          ? `${file}: its pickles have more than ${most} bytes; save the state dict alone`
          : `${file}: it ends within a pickle; was the download finished?`,
      );
  }
}

/** undefined: they go on after the last byte. */
function picklesIn(file: string, bytes: Uint8Array): Pickles | undefined {
  const values: unknown[] = [];
  const storages = new Map<string, Storage>();
  let end = 0;
  try {
    while (values.length < 5) {
      const read = torchPickle(file, bytes, end);
      values.push(read.value);
      for (const [key, storage] of read.storages) storages.set(key, storage);
      end = read.end;
    }
  } catch (error) {
    if (error instanceof CutOff) return undefined;
    throw error;
  }
  return { values, storages, end };
}

async function storagePlaces(
  handle: ReadHandle,
  file: string,
  fileBytes: number,
  { keys, storages, end }: { readonly keys: unknown } & Pick<Pickles, 'storages' | 'end'>,
): Promise<Map<string, Place>> {
  if (!Array.isArray(keys) || !keys.every(isKey))
    throw new UserError(`${file}: it does not list its storages`);
  const places = new Map<string, Place>();
  const count = Buffer.alloc(COUNT_BYTES);
  let offset = end;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (!storage || places.has(key))
      throw new UserError(`${file}: it lists a storage ${quote(key)} that it has not`);
    if (offset + COUNT_BYTES > fileBytes) throw cutOff(file, key);
    await readExactly(handle, count, offset, file);
    const bytes = Number(count.readBigUInt64LE()) * elementBytes(file, storage);
    offset += COUNT_BYTES;
    if (offset + bytes > fileBytes) throw cutOff(file, key);
    places.set(key, { offset, bytes });
    offset += bytes;
  }
  return places;
}

function elementBytes(file: string, { key, type }: Storage): number {
  const name = storageDtype(type);
  const dtype = dtypeOf(name);
  const bits = dtype ? DTYPE_BITS[dtype] : OTHER_BITS.get(name);
  if (bits !== undefined) return bits / 8;
  throw new UserError(`${file}: its storage ${key} has the type ${type}, whose size is not known`);
}

const cutOff = (file: string, key: string) =>
  new UserError(`${file}: it ends before storage ${quote(key)} does; was the download finished?`);
