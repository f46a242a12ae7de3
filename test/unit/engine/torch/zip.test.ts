/** Zip archives that are not as torch.save makes them: refused before anything is allocated for what they claim. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { HeaderAllowance } from '../../../../extension/formats/safetensors/headerRoom.ts';
import { readTorchHeader } from '../../../../extension/formats/torch/torchFile.ts';
import { fixture } from '../../../checkpoints.ts';
import { zipBytes } from '../../../fuzz/zipFile.ts';
import { temporaryPaths } from '../../../temporary.ts';
import { archiveOf, dict, pickleOf, storage, tensor, text } from '../../../torchPickles.ts';

const newPath = await temporaryPaths();
const MODEL = dict(text('w'), tensor(storage(8), { shape: [8], strides: [1] }));
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/** An archive with a number in one of its records. */
function changed(record: number, at: number, bytes: number, value: number, of = archiveOf(MODEL)): Buffer {
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(record);
  of.writeUIntLE(value, of.indexOf(signature) + at, bytes);
  return of;
}

async function opened(archive: Uint8Array) {
  const file = newPath('.pt');
  await writeFile(file, archive);
  return openCheckpoint(file);
}

test('a plain one is read', async () => {
  expect((await opened(archiveOf(MODEL))).tensors.get('w')).toMatchObject({
    dtype: 'F32',
    shape: [8],
    bytes: 32,
  });
});

test.each<[string, Uint8Array, string]>([
  ['no end', archiveOf(MODEL).subarray(0, -1), 'the zip archive has no end; was the download finished?'],
  ['a long comment', changed(END, 20, 2, 500), 'the zip archive has no end'],
  ['a directory beyond the end', changed(END, 16, 4, 0x7fffffff), 'its directory goes beyond its end'],
  ['a directory that is too long', changed(END, 12, 4, 0x7fffffff), 'its directory goes beyond its end'],
  ['more entries', changed(END, 10, 2, 3), 'its directory has 2 of 3 entries'],
  ['zip64 without its end', changed(END, 16, 4, 0xffffffff), 'its directory goes beyond its end'],
  ['a name beyond the directory', changed(CENTRAL, 28, 2, 60_000), 'an entry goes beyond its directory'],
  [
    'an encrypted entry',
    changed(CENTRAL, 8, 2, 1),
    '"made/data.pkl" is encrypted; save the file without a password',
  ],
  ['a deflated entry', changed(CENTRAL, 10, 2, 8), '"made/data.pkl" is compressed, torch.save only stores'],
  ['another size', changed(CENTRAL, 20, 4, 7), '"made/data.pkl" is stored in 7 bytes, it should have'],
  [
    'an entry that is elsewhere',
    changed(CENTRAL, 42, 4, 5),
    '"made/data.pkl" is not where its directory says',
  ],
  [
    'an entry after the directory',
    changed(CENTRAL, 42, 4, 0x7ffffff),
    '"made/data.pkl" begins after the last entry',
  ],
  ['a local name', changed(LOCAL, 26, 2, 60_000), '"made/data.pkl" goes beyond the last entry'],
  ['other local headers', changed(LOCAL, 8, 2, 8), '"made/data.pkl" is not where its directory says'],
  ['the same name twice', twice(), '"made/data/0" is in it twice'],
  ['two pickles', archiveOf(MODEL, { 'other/data.pkl': pickleOf(MODEL) }), 'it has several pickles'],
  [
    'none',
    zipBytes({ 'a/data/0': new Uint8Array(8) }),
    'a zip archive, but not one of torch.save (no data.pkl)',
  ],
  [
    'a package',
    zipBytes({ 'a/.data/extern_modules': new Uint8Array(1) }),
    'an archive of torch.package, which is code',
  ],
])('%s', async (_, archive, message) => {
  await expect(opened(archive)).rejects.toThrow(message);
});

/** Two entries of one name: its other letter is changed in the directory. */
function twice(): Buffer {
  const archive = archiveOf(MODEL, { 'made/data/1': new Uint8Array(4) });
  archive.write('0', archive.lastIndexOf('made/data/1') + 'made/data/'.length);
  return archive;
}

test('a pickle that is too long is not read', async () => {
  const file = newPath('.pt');
  await writeFile(file, zipBytes({ 'a/data.pkl': Buffer.alloc((64 << 20) + 1, 'N') }));
  await expect(openCheckpoint(file)).rejects.toThrow(
    'its pickle has 67108865 bytes, at most 67108864 are read; save the state dict alone',
  );
});

test('only the directory and the pickle count as its header', async () => {
  const taken: number[] = [];
  const allowance = new HeaderAllowance();
  const take = (file: string, bytes: number): void => {
    taken.push(bytes);
    HeaderAllowance.prototype.take.call(allowance, file, bytes);
  };
  const values = new Uint8Array(1 << 20);
  const file = newPath('.pt');
  await writeFile(file, archiveOf(MODEL, { 'made/data/1': values }));
  await readTorchHeader(file, { room: allowance.room, take });
  expect(taken.length).toBe(2);
  expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1000);
});

test.each(['state_dict.pt', 'legacy.pth'])('%s cut off anywhere is refused', async name => {
  const whole = await readFile(fixture(`torch/${name}`));
  const file = newPath('.pt');
  for (let length = 0; length < whole.length; length += 37) {
    await writeFile(file, whole.subarray(0, length));
    await expect(openCheckpoint(file), `${length} bytes`).rejects.toThrow(`${file}: `);
  }
});
