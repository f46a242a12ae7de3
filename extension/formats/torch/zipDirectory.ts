/**
 * The directory of a zip archive (APPNOTE.TXT of PKWARE; zip64 as archives beyond 4 GiB have it), and where the bytes
 * of a stored entry are. Everything is checked against the file; nothing is unpacked.
 */
import { UserError } from '../../shared/errors.ts';
import type { ReadHandle } from '../../files/wholeCalls.ts';
import { readExactly } from '../readExactly.ts';
import { quote } from '../safetensors/headerText.ts';
import type { Allowance } from '../safetensors/headerRoom.ts';
import type { Place } from './tensorSources.ts';

const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const END64_LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
/** Where a field has these, the zip64 field has the number. */
const IN_ZIP64 = 0xffffffff;
const COUNT_IN_ZIP64 = 0xffff;
const ZIP64_FIELD = 1;
const ENCRYPTED = 1;
const STORED = 0;
/** An entry a tensor, each of which takes a read; the largest shards have a few thousand. */
const MAX_ENTRIES = 100_000;

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly bytes: number;
  /** Of its local header, from the start of the file. */
  readonly offset: number;
}

/** An open zip archive. */
export class ZipDirectory {
  private constructor(
    readonly handle: ReadHandle,
    readonly file: string,
    readonly entries: ReadonlyMap<string, ZipEntry>,
    /** Where the directory begins: entries end before it. */
    readonly start: number,
  ) {}

  /** @throws UserError naming the file and the fault */
  static async read(
    handle: ReadHandle,
    file: string,
    fileBytes: number,
    allowance: Allowance,
  ): Promise<ZipDirectory> {
    const { count, bytes, offset, end } = await directoryPlace(handle, file, fileBytes);
    if (offset + bytes > end) throw fault(file, 'its directory goes beyond its end');
    if (count > MAX_ENTRIES) throw fault(file, `it has ${count} entries, at most ${MAX_ENTRIES} are read`);
    allowance.take(file, bytes);
    const entries = await allowance.room.with(bytes, async () => {
      const directory = Buffer.alloc(bytes);
      await readExactly(handle, directory, offset, file);
      return entriesOf(directory, count, file);
    });
    return new ZipDirectory(handle, file, entries, offset);
  }

  /** Where the bytes of an entry are. @throws UserError if it is packed, encrypted, or not where it should be */
  async place(entry: ZipEntry): Promise<Place> {
    const wrong = (what: string) => fault(this.file, `${quote(entry.name)} ${what}`);
    if (entry.isEncrypted) throw wrong('is encrypted; save the file without a password');
    if (entry.method !== STORED)
      throw wrong('is compressed, torch.save only stores; load the file in PyTorch and save it again');
    if (entry.offset + LOCAL_BYTES > this.start) throw wrong('begins after the last entry');
    const header = Buffer.alloc(LOCAL_BYTES);
    await readExactly(this.handle, header, entry.offset, this.file);
    if (header.readUInt32LE(0) !== LOCAL || header.readUInt16LE(8) !== entry.method)
      throw wrong('is not where its directory says');
    const offset = entry.offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (offset + entry.bytes > this.start) throw wrong('goes beyond the last entry');
    return { offset, bytes: entry.bytes };
  }
}

interface DirectoryPlace {
  readonly count: number;
  readonly bytes: number;
  readonly offset: number;
  /** Where what follows the directory begins. */
  readonly end: number;
}

/** Searches the end of the archive for where its directory is. */
async function directoryPlace(handle: ReadHandle, file: string, fileBytes: number): Promise<DirectoryPlace> {
  const length = Math.min(fileBytes, END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES);
  const tail = Buffer.alloc(length);
  await readExactly(handle, tail, fileBytes - length, file);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === length)
  )
    at--;
  if (at < 0) throw fault(file, 'the zip archive has no end; was the download finished?');
  const end = fileBytes - length + at;
  const place = {
    count: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
    end,
  };
  const isZip64 = place.count === COUNT_IN_ZIP64 || place.bytes === IN_ZIP64 || place.offset === IN_ZIP64;
  const locator = at - LOCATOR_BYTES;
  if (!isZip64 || locator < 0 || tail.readUInt32LE(locator) !== END64_LOCATOR) return place;
  const at64 = Number(tail.readBigUInt64LE(locator + 8));
  if (at64 + END64_BYTES > end) throw fault(file, 'its end is not where it says');
  const end64 = Buffer.alloc(END64_BYTES);
  await readExactly(handle, end64, at64, file);
  if (end64.readUInt32LE(0) !== END64) throw fault(file, 'its end is not where it says');
  return {
    count: Number(end64.readBigUInt64LE(32)),
    bytes: Number(end64.readBigUInt64LE(40)),
    offset: Number(end64.readBigUInt64LE(48)),
    end: at64,
  };
}

function entriesOf(directory: Buffer, count: number, file: string): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL)
      throw fault(file, `its directory has ${i} of ${count} entries`);
    const nameAt = at + CENTRAL_BYTES;
    const extraAt = nameAt + directory.readUInt16LE(at + 28);
    const next = extraAt + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw fault(file, 'an entry goes beyond its directory');
    const name = directory.toString('utf8', nameAt, extraAt);
    if (entries.has(name)) throw fault(file, `${quote(name)} is in it twice`);
    const extra = directory.subarray(extraAt, extraAt + directory.readUInt16LE(at + 30));
    const large = zip64Numbers(extra);
    const wide = (value: number) => (value === IN_ZIP64 ? (large.shift() ?? value) : value);
    const bytes = wide(directory.readUInt32LE(at + 24));
    const packed = wide(directory.readUInt32LE(at + 20));
    const offset = wide(directory.readUInt32LE(at + 42));
    const method = directory.readUInt16LE(at + 10);
    if (method === STORED && packed !== bytes)
      throw fault(file, `${quote(name)} is stored in ${packed} bytes, it should have ${bytes}`);
    const isEncrypted = (directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0;
    entries.set(name, { name, method, isEncrypted, bytes, offset });
    at = next;
  }
  return entries;
}

/** Size, packed size and offset, as many as do not fit their fields. */
function zip64Numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) !== ZIP64_FIELD || end > extra.length) continue;
    const count = Math.floor((end - at - 4) / 8);
    return Array.from({ length: count }, (_, i) => Number(extra.readBigUInt64LE(at + 4 + 8 * i)));
  }
  return [];
}

const fault = (file: string, what: string) => new UserError(`${file}: not a valid PyTorch file: ${what}`);
