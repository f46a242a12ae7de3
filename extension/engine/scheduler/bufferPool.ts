/** Buffers kept for the next piece: a few, as pieces of one item are mostly of the same size. */
const MOST_KEPT = 8;

/**
 * Buffers of pieces to be written to a file, which are reused: new ones for gigabytes of output would each be filled
 * with zeros by the system, and keep the garbage collector busy.
 */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];

  /** A buffer of at least this length, viewed as `bytes` uninitialised bytes. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
    const buffer = fitting < 0 ? new ArrayBuffer(bytes) : (this.#free.splice(fitting, 1)[0] as ArrayBuffer);
    return new Uint8Array(buffer, 0, bytes);
  }

  put(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    if (this.#free.length > MOST_KEPT) this.#free.shift();
  }

  clear(): void {
    this.#free.length = 0;
  }
}
