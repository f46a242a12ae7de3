/** Reads what follows a pickle's instructions: numbers are little-endian, but floats big-endian (pickletools.py). */
import { CutOff, PickleFault } from './pickleFaults.ts';

/** Bytes of an integer: torch's longest have 9. */
const MAX_INTEGER_BYTES = 1024;
/** Bytes of a name on a line of its own. */
const MAX_LINE_BYTES = 1024;

export class PickleReader {
  readonly #bytes: Buffer;

  /** @param at the position of the next byte */
  constructor(
    bytes: Uint8Array,
    public at: number,
  ) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8 = (): number => this.#bytes[this.#take(1)] as number;
  u16 = (): number => this.#bytes.readUInt16LE(this.#take(2));
  u32 = (): number => this.#bytes.readUInt32LE(this.#take(4));
  i32 = (): number => this.#bytes.readInt32LE(this.#take(4));
  f64 = (): number => this.#bytes.readDoubleBE(this.#take(8));

  /** A length of eight bytes. */
  length8(): number {
    const length = this.#bytes.readBigUInt64LE(this.#take(8));
    return Number(length); // what is not exact is beyond any file
  }

  /** A whole number in two's complement; one that a float cannot hold is a bigint. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw new PickleFault(`its pickle has an integer of ${length} bytes`);
    const at = this.#take(length);
    if (length === 0) return 0;
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i] as number);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > MAX_LINE_BYTES) throw new CutOff('a name without an end');
    const text = this.#bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  /** The position of the next bytes, which are taken. */
  #take(length: number): number {
    const { at } = this;
    if (length > this.#bytes.length - at) throw new CutOff('the pickle goes on');
    this.at = at + length;
    return at;
  }
}
