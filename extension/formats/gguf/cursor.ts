/** Reads the values of a GGUF header one after another: little-endian, strings and lists behind their lengths. */
import { UserError } from '../../shared/errors.ts';

/** Thrown when a header goes on after the bytes that were read of it. */
export class HeaderGoesOn extends Error {
  /** @param needed bytes from the start of the file */
  constructor(readonly needed: number) {
    super(`the header needs ${needed} bytes`);
  }
}

export class Cursor {
  at = 0;
  readonly #view: DataView;

  /**
   * @param file for messages
   * @param fileBytes of the whole file: no value may end after it
   */
  constructor(
    readonly file: string,
    private readonly bytes: Uint8Array,
    private readonly fileBytes: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Passes over bytes. @returns where they begin */
  skip(bytes: number): number {
    const begin = this.at;
    const end = begin + bytes;
    if (end > this.fileBytes)
      throw this.fault(`its header ends after the file, which has ${this.fileBytes} bytes; is it complete?`);
    if (end > this.bytes.length) throw new HeaderGoesOn(end);
    this.at = end;
    return begin;
  }

  u8 = (): number => this.#view.getUint8(this.skip(1));
  i8 = (): number => this.#view.getInt8(this.skip(1));
  u16 = (): number => this.#view.getUint16(this.skip(2), true);
  i16 = (): number => this.#view.getInt16(this.skip(2), true);
  u32 = (): number => this.#view.getUint32(this.skip(4), true);
  i32 = (): number => this.#view.getInt32(this.skip(4), true);
  f32 = (): number => this.#view.getFloat32(this.skip(4), true);
  f64 = (): number => this.#view.getFloat64(this.skip(8), true);
  u64 = (): bigint => this.#view.getBigUint64(this.skip(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.skip(8), true);

  /** A count, length or offset. @throws UserError naming it when it is beyond 2^53 */
  size(what: string): number {
    const at = this.skip(8);
    const value = this.#view.getUint32(at, true) + 2 ** 32 * this.#view.getUint32(at + 4, true);
    if (Number.isSafeInteger(value)) return value;
    throw this.fault(`${what} is ${this.#view.getBigUint64(at, true)}, beyond 2^53`);
  }

  /** @param most bytes that it may have */
  string(what: string, most: number): string {
    const length = this.size(`the length of ${what}`);
    if (length > most) throw this.fault(`${what} has ${length} bytes, at most ${most} are allowed`);
    const begin = this.skip(length);
    try {
      return DECODER.decode(this.bytes.subarray(begin, begin + length));
    } catch {
      throw this.fault(`${what} is not valid UTF-8`);
    }
  }

  fault = (what: string): UserError => new UserError(`${this.file}: not a valid GGUF file: ${what}`);
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
