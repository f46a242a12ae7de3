import { Xxh64 } from '../../../kernels/checksum.ts';
import type { Kernels } from '../../../kernels/wasm.ts';

/** XXH64 of bytes that are read piece by piece, some of them twice: each counts once, as long as pieces are consecutive. */
export class OrderedHash {
  readonly #hash: Xxh64;
  #bytes = 0;

  constructor(kernels: Kernels) {
    this.#hash = new Xxh64(kernels);
  }

  /** Bytes that were counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes that begin at `begin`, unless they were before, or others are missing before them. */
  update(bytes: Uint8Array, begin: number): void {
    const fresh = this.#bytes - begin;
    if (fresh < 0 || fresh >= bytes.length) return;
    this.#hash.update(bytes.subarray(fresh));
    this.#bytes = begin + bytes.length;
  }

  digest(): string {
    return this.#hash.digest();
  }
}
