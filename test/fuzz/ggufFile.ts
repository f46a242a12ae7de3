/** Mutations of a GGUF file that get past its magic: single numbers, types, lengths and texts of its header. */
import { mutateBytes } from './mutate.ts';
import type { Random } from './random.ts';

/** Bytes of a value, by its type in the metadata; 8 is a text, 9 a list. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 },
};
const [TEXT, LIST] = [8, 9];

/** The fields of a valid header in their order, and what is behind them as the last. */
function fieldsOf(file: Uint8Array): Buffer[] {
  const bytes = Buffer.from(file);
  const fields: Buffer[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    const field = bytes.subarray(at, (at += length));
    fields.push(field);
    return field;
  };
  const u32 = () => take(4).readUInt32LE();
  const u64 = () => Number(take(8).readBigUInt64LE());
  const text = () => void take(u64());
  const value = (type: number): void => {
    if (type === TEXT) text();
    else if (type === LIST) {
      const [inner, count] = [u32(), u64()];
      for (let i = 0; i < count; i++) value(inner);
    } else take(SIZES[type] as number);
  };
  take(8); // magic and version
  const [tensors, pairs] = [u64(), u64()];
  for (let i = 0; i < pairs; i++) {
    text();
    value(u32());
  }
  for (let i = 0; i < tensors; i++) {
    text();
    for (let dimensions = u32(); dimensions > 0; dimensions--) u64();
    u32();
    u64();
  }
  take(bytes.length - at);
  return fields;
}

const NUMBERS = [
  ...[0n, 1n, 2n, 3n, 8n, 9n, 31n, 32n, 33n, 255n, 256n, 65_536n, 1n << 20n, 1n << 27n],
  ...[
    (1n << 31n) - 1n,
    1n << 31n,
    (1n << 32n) - 1n,
    (1n << 53n) - 1n,
    1n << 53n,
    (1n << 63n) - 1n,
    (1n << 64n) - 1n,
  ],
];

/** Another number, or one beside it. */
function number(field: Buffer, random: Random): Buffer {
  const changed = Buffer.from(field);
  const old = field.length === 8 ? field.readBigUInt64LE() : BigInt(field.readUInt32LE());
  const next = random.chance(0.5) ? random.pick(NUMBERS) : old + BigInt(random.below(41) - 20);
  const bits = 8 * field.length;
  if (bits === 64) changed.writeBigUInt64LE(BigInt.asUintN(64, next));
  else changed.writeUInt32LE(Number(BigInt.asUintN(32, next)));
  return changed;
}

/** A list that holds itself, so to speak: lists of one list, many levels deep. */
function nested(random: Random): Buffer {
  const level = Buffer.from([LIST, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat(Array.from({ length: random.pick([2, 4, 5000]) }, () => level));
}

function mutateField(field: Buffer, random: Random): Buffer {
  const choice = random.next();
  if (choice < 0.7 && (field.length === 4 || field.length === 8)) return number(field, random);
  if (choice < 0.75) return Buffer.concat([field, field]);
  if (choice < 0.8) return Buffer.alloc(0);
  if (choice < 0.85) return nested(random);
  return Buffer.from(mutateBytes(field, random));
}

export function mutateGguf(file: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.1)) return mutateBytes(file, random);
  const fields = fieldsOf(file);
  for (let times = 1 + random.below(3); times > 0; times--) {
    // The magic is changed with the whole file above, the data makes no difference.
    const at = 1 + random.below(fields.length - 1);
    if (random.chance(0.1)) fields.splice(at, 0, random.pick(fields));
    fields[at] = mutateField(fields[at] as Buffer, random);
  }
  return Buffer.concat(fields);
}
