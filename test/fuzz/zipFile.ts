/** Zip archives of stored entries, and mutations of their records that stay in place. */
import { mutateBytes } from './mutate.ts';
import type { Random } from './random.ts';

/** An archive with these entries, in their order; nothing is compressed. */
export function zipBytes(entries: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  const add = (to: Uint8Array[], ...pieces: Uint8Array[]) => {
    to.push(...pieces);
    return pieces.reduce((sum, { length }) => sum + length, 0);
  };
  for (const [name, data] of Object.entries(entries)) {
    const title = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(title.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(title.length, 28);
    central.writeUInt32LE(offset, 42);
    add(directory, central, title);
    offset += add(parts, local, title, data);
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  const count = Object.keys(entries).length;
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** The stored entries of an archive, by their names, as its central directory lists them. */
export function entriesOf(archive: Buffer): Record<string, Uint8Array> {
  const entries: [string, Uint8Array][] = [];
  for (const at of recordsOf(archive, 0x02014b50)) {
    const name = archive.toString('utf8', at + 46, at + 46 + archive.readUInt16LE(at + 28));
    const local = archive.readUInt32LE(at + 42);
    const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    entries.push([name, archive.subarray(data, data + archive.readUInt32LE(at + 24))]);
  }
  return Object.fromEntries(entries);
}

/** Where the records with a signature are. */
function recordsOf(archive: Buffer, signature: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  const found: number[] = [];
  for (let at = archive.indexOf(bytes); at >= 0; at = archive.indexOf(bytes, at + 4)) found.push(at);
  return found;
}

/** Fields of records: how far from the beginning, and how many bytes. */
const FIELDS: readonly (readonly [signature: number, fields: readonly (readonly [number, 2 | 4 | 8])[]])[] = [
  [0x04034b50, [[0, 4], [6, 2], [8, 2], [18, 4], [22, 4], [26, 2], [28, 2]]], // prettier-ignore
  [0x02014b50, [[0, 4], [8, 2], [10, 2], [20, 4], [24, 4], [28, 2], [30, 2], [32, 2], [42, 4]]], // prettier-ignore
  [0x06054b50, [[0, 4], [8, 2], [10, 2], [12, 4], [16, 4], [20, 2]]], // prettier-ignore
  [0x06064b50, [[0, 4], [32, 8], [40, 8], [48, 8]]], // prettier-ignore
  [0x07064b50, [[0, 4], [8, 8]]], // prettier-ignore
];
const EDGES = [
  0n,
  1n,
  2n,
  7n,
  255n,
  65534n,
  65535n,
  0x7fffffffn,
  0xfffffffen,
  0xffffffffn,
  2n ** 53n,
  2n ** 64n - 1n,
];

/** Up to three fields with other numbers, or bytes with others. */
export function mutateZip(input: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.2)) return mutateBytes(input, random);
  const archive = Buffer.from(input);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const [signature, fields] = random.pick(FIELDS);
    const at = random.pick(recordsOf(archive, signature));
    if (at === undefined) continue;
    const [offset, bytes] = random.pick(fields);
    if (at + offset + bytes > archive.length) continue;
    const value = random.chance(0.5) ? random.pick(EDGES) : BigInt(random.below(archive.length + 8));
    for (let i = 0; i < bytes; i++) archive[at + offset + i] = Number((value >> BigInt(8 * i)) & 255n);
  }
  return archive;
}
