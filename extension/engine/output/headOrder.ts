/**
 * Puts the rows of each head of queries and keys in the order of GGUF: row i of its first half, row i of its second, row
 * i + 1 of its first … (llama.cpp: convert_hf_to_gguf.py, LlamaModel.permute).
 */
export class HeadOrder {
  readonly #head: Uint8Array;
  readonly #rowBytes: number;
  #filled = 0;

  /**
   * @param bytes of the tensor as written
   * @param rows a multiple of 2·heads, all of the same number of bytes
   */
  constructor(bytes: number, heads: number, rows: number) {
    this.#head = new Uint8Array(bytes / heads);
    this.#rowBytes = bytes / rows;
  }

  /** @returns the heads that are complete with the next bytes */
  next(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const complete: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.subarray(at, at + this.#head.length - this.#filled);
      this.#head.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === this.#head.length) {
        complete.push(this.#ordered());
        this.#filled = 0;
      }
    }
    return complete;
  }

  #ordered(): Uint8Array<ArrayBuffer> {
    const size = this.#rowBytes;
    const result = new Uint8Array(this.#head.length);
    const half = this.#head.length / size / 2;
    for (let i = 0; i < half; i++) {
      for (const second of [0, 1]) {
        const from = (second * half + i) * size;
        result.set(this.#head.subarray(from, from + size), (2 * i + second) * size);
      }
    }
    return result;
  }
}
