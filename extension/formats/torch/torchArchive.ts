/** The layout of torch.save since 1.6: a zip archive of a pickle and a stored entry for each storage. */
import { UserError } from '../../shared/errors.ts';
import type { ReadHandle } from '../../files/wholeCalls.ts';
import { NotWeights } from '../notWeights.ts';
import { readExactly } from '../readExactly.ts';
import type { Allowance } from '../safetensors/headerRoom.ts';
import { CutOff } from './pickleFaults.ts';
import type { Place } from './tensorSources.ts';
import { MAX_PICKLE_BYTES, torchPickle } from './torchPickle.ts';
import { ZipDirectory, type ZipEntry } from './zipDirectory.ts';

/** What a file of torch.save's holds, in either layout. */
export interface TorchContents {
  readonly root: unknown;
  readonly placeOf: (key: string) => Promise<Place>;
  /** What its user should know, one line each, without the file's name. */
  readonly notes: readonly string[];
}

/** In the folder of an archive, which has the name under which it was first saved. */
const PICKLE = 'data.pkl';

/** @throws UserError naming the file and the fault */
export async function readArchive(
  handle: ReadHandle,
  file: string,
  fileBytes: number,
  allowance: Allowance,
): Promise<TorchContents> {
  const zip = await ZipDirectory.read(handle, file, fileBytes, allowance);
  const { pickle, folder } = pickleIn(zip);
  const place = (name: string): Promise<Place> => {
    const entry = zip.entries.get(folder + name);
    if (entry) return zip.place(entry);
    throw new UserError(`${file}: it has no ${folder}${name}; is the file complete?`);
  };
  await checkByteOrder(zip, folder);
  if (pickle.bytes > MAX_PICKLE_BYTES)
    throw new UserError(
      `${file}: its pickle has ${pickle.bytes} bytes, at most ${MAX_PICKLE_BYTES} are read; save the state dict alone`,
    );
  allowance.take(file, pickle.bytes);
  const root = await allowance.room.with(pickle.bytes, async () => {
    const bytes = await entryBytes(zip, pickle);
    try {
      return torchPickle(file, bytes).value;
    } catch (error) {
      throw error instanceof CutOff ? new UserError(`${file}: its pickle has no end`) : error;
    }
  });
  const isScript = zip.entries.has(`${folder}constants.pkl`);
  return {
    root,
    placeOf: key => place(`data/${key}`),
    notes: isScript ? ['a TorchScript archive: its tensors are read, its code is not'] : [],
  };
}

function pickleIn({ file, entries }: ZipDirectory): { readonly pickle: ZipEntry; readonly folder: string } {
  const inside = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle, second] = inside;
  if (pickle && !second) return { pickle, folder: pickle.name.slice(0, -PICKLE.length) };
  if (second) throw new UserError(`${file}: it has several pickles; was it made by torch.save?`);
  const isPackage = [...entries.keys()].some(name => /^[^/]+\/\.data\/extern_modules$/.test(name));
  throw new NotWeights(
    isPackage
      ? `${file}: an archive of torch.package, which is code; save the model's state dict with torch.save`
      : `${file}: a zip archive, but not one of torch.save (no data.pkl); unpack it first`,
  );
}

/** Archives say it since torch 2.1; before, only little-endian machines wrote them. */
async function checkByteOrder(zip: ZipDirectory, folder: string): Promise<void> {
  const entry = zip.entries.get(`${folder}byteorder`);
  if (!entry || entry.bytes > 16) return;
  const order = Buffer.from(await entryBytes(zip, entry)).toString('latin1');
  if (order.trim() !== 'little')
    throw new UserError(
      `${zip.file}: its numbers are ${JSON.stringify(order)}-endian, little was expected; load it in PyTorch and save it again`,
    );
}

async function entryBytes(zip: ZipDirectory, entry: ZipEntry): Promise<Uint8Array> {
  const { offset, bytes } = await zip.place(entry);
  const content = new Uint8Array(bytes);
  await readExactly(zip.handle, content, offset, zip.file);
  return content;
}
