import { Xxh64 } from '../../../kernels/checksum.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { Dtype } from '../../formats/dtype.ts';
import type { ItemContext, RecordOutcome } from '../scheduler/item.ts';
import { readSource } from './sourceKinds.ts';

/** Bytes of a tensor that are in memory at once; smaller tensors (norms, biases) are read a single time. */
const PIECE_BYTES = 8 << 20;

/** Bytes that are compared before anything else is read. */
const START_BYTES = 4096;

/** Where an element's exponent is: in the last of `every` words. Safetensors data is little-endian. */
const FORMATS: Partial<
  Record<
    Dtype,
    {
      readonly Words: typeof Uint16Array | typeof Uint32Array;
      readonly every: number;
      readonly magnitude: number;
      readonly infinity: number;
    }
  >
> = {
  F64: { Words: Uint32Array, every: 2, magnitude: 0x7fffffff, infinity: 0x7ff00000 },
  F32: { Words: Uint32Array, every: 1, magnitude: 0x7fffffff, infinity: 0x7f800000 },
  BF16: { Words: Uint16Array, every: 1, magnitude: 0x7fff, infinity: 0x7f80 },
  F16: { Words: Uint16Array, every: 1, magnitude: 0x7fff, infinity: 0x7c00 },
};

/** A checkpoint tensor as raw bytes. */
export class RawTensor {
  #whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #checksum: Promise<string> | undefined;
  #nan = false;
  #infinite = false;

  constructor(
    private readonly context: Pick<ItemContext, 'files' | 'kernels' | 'signal'>,
    readonly source: TensorSource,
  ) {}

  /** XXH64 of the bytes. */
  checksum(): Promise<string> {
    return (this.#checksum ??= this.#hash());
  }

  /** Whether there are NaNs and infinities among floating-point values; found along with the checksum. */
  async notNumbers(): Promise<{ readonly nan: boolean; readonly infinite: boolean }> {
    await this.checksum();
    return { nan: this.#nan, infinite: this.#infinite };
  }

  /** Whether both tensors are the same, bit for bit. */
  async equals(other: RawTensor): Promise<boolean> {
    const { dtype, shape, bytes } = this.source;
    if (dtype !== other.source.dtype || shape.join() !== other.source.shape.join()) return false;
    // Tensors that differ mostly differ at the start.
    const start = Math.min(bytes, START_BYTES);
    if (Buffer.compare(await this.#read(0, start), await other.#read(0, start)) !== 0) return false;
    const theirs = other.pieces();
    for await (const piece of this.pieces()) {
      if (Buffer.compare(piece, (await theirs.next()).value as Uint8Array) !== 0) return false;
    }
    return true;
  }

  /** Emits the bytes as the payload of `output`; their memory may be transferred, so this must come last. */
  async emitExact(emit: ItemContext['emit'], output: number): Promise<RecordOutcome> {
    const checksum = await this.checksum();
    await emit({ type: 'begin', output, codec: 'exact', bytes: this.source.bytes });
    for await (const bytes of this.pieces()) await emit({ type: 'bytes', bytes });
    return { codec: 'exact', scales: [0, 0], checksum, errors: [0, 0] };
  }

  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    if (this.source.bytes <= PIECE_BYTES) {
      yield await (this.#whole ??= this.#read(0, this.source.bytes));
      return;
    }
    for (let done = 0; done < this.source.bytes; done += PIECE_BYTES) {
      yield await this.#read(done, Math.min(PIECE_BYTES, this.source.bytes - done));
    }
  }

  async #read(begin: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    this.context.signal.throwIfAborted();
    const piece = new Uint8Array(bytes);
    await readSource(this.context, this.source, piece, begin);
    return piece;
  }

  async #hash(): Promise<string> {
    const hash = new Xxh64(this.context.kernels);
    for await (const piece of this.pieces()) {
      hash.update(piece);
      this.#look(piece);
    }
    return hash.digest();
  }

  #look(piece: Uint8Array<ArrayBuffer>): void {
    const format = FORMATS[this.source.dtype];
    if (!format) return;
    const { Words, every, magnitude, infinity } = format;
    const words = new Words(piece.buffer, piece.byteOffset, piece.byteLength / Words.BYTES_PER_ELEMENT);
    for (let i = every - 1; i < words.length; i += every) {
      const bits = (words[i] as number) & magnitude;
      if (bits < infinity) continue;
      if (bits === infinity && !this.#hasLowerBits(words, i, every)) this.#infinite = true;
      else this.#nan = true;
    }
  }

  /** For a float64, of which only the upper word is checked. */
  #hasLowerBits(words: Uint16Array | Uint32Array, i: number, every: number): boolean {
    return every === 2 && words[i - 1] !== 0;
  }
}
