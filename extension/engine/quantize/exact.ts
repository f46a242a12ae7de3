import { Xxh64 } from '../../../kernels/checksum.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import type { JobContext, RecordOutcome } from '../job.ts';

/** Bytes of a tensor that are in memory at once; smaller tensors (norms, biases) are read a single time. */
const PIECE_BYTES = 8 << 20;

/** A checkpoint tensor as raw bytes. */
export class RawTensor {
  #whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #checksum: Promise<string> | undefined;

  constructor(
    private readonly context: Pick<JobContext, 'files' | 'kernels' | 'signal'>,
    readonly source: TensorSource,
  ) {}

  /** XXH64 of the bytes. */
  checksum(): Promise<string> {
    return (this.#checksum ??= this.#hash());
  }

  /** Whether both tensors are the same, bit for bit. */
  async equals(other: RawTensor): Promise<boolean> {
    if (this.source.dtype !== other.source.dtype || this.source.bytes !== other.source.bytes) return false;
    if ((await this.checksum()) !== (await other.checksum())) return false;
    const theirs = other.pieces();
    for await (const piece of this.pieces()) {
      if (Buffer.compare(piece, (await theirs.next()).value as Uint8Array) !== 0) return false;
    }
    return true;
  }

  /** Emits the bytes as the payload of `output`; their memory may be handed over, so nothing can follow. */
  async emitExact(emit: JobContext['emit'], output: number): Promise<RecordOutcome> {
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
    await this.context.files.read(this.source.file, piece, this.source.offset + begin);
    return piece;
  }

  async #hash(): Promise<string> {
    const hash = new Xxh64(this.context.kernels);
    for await (const piece of this.pieces()) hash.update(piece);
    return hash.digest();
  }
}
