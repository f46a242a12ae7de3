import { Xxh64 } from '../../../kernels/checksum.ts';
import type { Kernels } from '../../../kernels/wasm.ts';

/** XXH64 of bytes that are read piece by piece, some of them twice: each counts once, as long as pieces are consecutive. */
export class OrderedHash {
  #hash: Xxh64 | undefined;
  #bytes = 0;

  /** Bytes that were counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes that begin at `begin`, unless they were before, or others are missing before them. */
  update(kernels: Kernels, bytes: Uint8Array, begin: number): void {
    const fresh = this.#bytes - begin;
    if (fresh < 0 || fresh >= bytes.length) return;
    this.#of(kernels).update(bytes.subarray(fresh));
    this.#bytes = begin + bytes.length;
  }

  digest(kernels: Kernels): string {
    return this.#of(kernels).digest();
  }

  #of(kernels: Kernels): Xxh64 {
    return (this.#hash ??= new Xxh64(kernels));
  }
}
