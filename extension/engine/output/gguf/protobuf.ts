/** Protocol buffers, as far as small messages need: fields one after another (protobuf.dev, encoding). */

export interface Field {
  readonly number: number;
  /** Of a whole number. */
  readonly value?: number;
  /** Of a text, a message, or a number of fixed size. */
  readonly bytes?: Uint8Array;
}

/** The fields of a message; undefined if it is none. */
export function fieldsOf(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) return NaN;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (!Number.isSafeInteger(tag) || number === 0) return undefined;
    if (wire === 0) {
      const value = varint();
      if (Number.isNaN(value)) return undefined;
      fields.push({ number, value });
      continue;
    }
    const length = wire === 2 ? varint() : ({ 1: 8, 5: 4 } as Readonly<Record<number, number>>)[wire];
    if (length === undefined || !(at + length <= message.length)) return undefined;
    fields.push({ number, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
