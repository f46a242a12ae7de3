/** XXH64 checksums and the rounding of F64, both by the CPU kernels, for bytes in any memory. */
import { SCRATCH, type Kernels } from './wasm.ts';

/** Bytes of kernels/functions/xxh64.ts's state. */
const STATE_BYTES = 72;

/**
 * A running XXH64 with seed 0. Any number of them can share the same kernels: the state is kept here and copied in and
 * out.
 */
export class Xxh64 {
  private readonly state: Uint8Array;

  constructor(private readonly kernels: Kernels) {
    kernels.exports.xxh64Reset(SCRATCH.hash);
    this.state = kernels.bytes.slice(SCRATCH.hash, SCRATCH.hash + STATE_BYTES);
  }

  /** Takes in `bytes`: in place when they lie in the kernels' memory, else through its working memory. */
  update(bytes: Uint8Array): void {
    const { exports, bytes: memory } = this.kernels;
    memory.set(this.state, SCRATCH.hash);
    if (bytes.buffer === memory.buffer) {
      exports.xxh64Update(SCRATCH.hash, bytes.byteOffset, bytes.length);
    } else {
      for (let at = 0; at < bytes.length; at += SCRATCH.blockBytes) {
        const block = bytes.subarray(at, at + SCRATCH.blockBytes);
        memory.set(block, SCRATCH.block);
        exports.xxh64Update(SCRATCH.hash, SCRATCH.block, block.length);
      }
    }
    this.state.set(memory.subarray(SCRATCH.hash, SCRATCH.hash + STATE_BYTES));
  }

  /** 16 lower-case hex digits of everything so far. May be called at any time, and updates may follow. */
  digest(): string {
    this.kernels.bytes.set(this.state, SCRATCH.hash);
    const hash = BigInt.asUintN(64, this.kernels.exports.xxh64Digest(SCRATCH.hash));
    return hash.toString(16).padStart(16, '0');
  }
}

/**
 * Rounds the float64 values in `view`, in place, to float32 (nearest even, overflow to infinity) and returns the first
 * half of `view`, where they now are. Bytes may lie anywhere, at any alignment.
 * @throws RangeError when `view` is not a whole number of float64 values.
 */
export function demoteF64(kernels: Kernels, view: Uint8Array): Uint8Array {
  if (view.length % 8 !== 0)
    throw new RangeError(`${view.length} bytes are not a whole number of F64 values`);
  const { exports, bytes: memory } = kernels;
  if (view.buffer === memory.buffer) {
    exports.demote(view.byteOffset, view.length / 8);
  } else {
    for (let at = 0; at < view.length; at += SCRATCH.blockBytes) {
      const block = view.subarray(at, at + SCRATCH.blockBytes);
      memory.set(block, SCRATCH.block);
      exports.demote(SCRATCH.block, block.length / 8);
      view.set(memory.subarray(SCRATCH.block, SCRATCH.block + block.length / 2), at / 2);
    }
  }
  return view.subarray(0, view.length / 2);
}
