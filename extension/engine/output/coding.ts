/** What is done to a tensor's values on their way into a file, where it is more than rounding: as data, and doing it. */
import { elementCount, tensorBytes, type Dtype } from '../../formats/dtype.ts';
import type { ItemMemory } from '../scheduler/itemKind.ts';
import type { TensorEncoder } from './encodings/encoding.ts';
import { encodingKind, type Encoding } from './encodings/registry.ts';
import { HeadOrder } from './headOrder.ts';

export interface Coding {
  readonly encoding: Encoding;
  /** Added to every value. */
  readonly added: number;
  /** Heads whose rows are interleaved, as in GGUF; 0: rows stay in order. */
  readonly heads: number;
}

/** Values that are only written in another way. */
export const coded = (encoding: Encoding): Coding => ({ encoding, added: 0, heads: 0 });

/** The type that a tensor has in its file: F32, F8_E4M3, Q8_0. */
export const writtenType = ({
  dtype,
  coding,
}: {
  readonly dtype: Dtype;
  readonly coding: Coding | undefined;
}): string => (coding ? encodingKind(coding.encoding).type(coding.encoding) : dtype);

/** Bytes that are written of a tensor. */
export const codedBytes = ({ encoding }: Coding, shape: readonly number[]): number =>
  encodingKind(encoding).bytes(encoding, shape);

/** Bytes that are written of a tensor, coded or not. */
export const writtenBytes = ({
  dtype,
  coding,
  shape,
}: {
  readonly dtype: Dtype;
  readonly coding: Coding | undefined;
  readonly shape: readonly number[];
}): number => (coding ? codedBytes(coding, shape) : tensorBytes(dtype, shape));

/** Codes one tensor, whose values come in order. */
export class Coder {
  readonly #encoder: TensorEncoder;
  readonly #order: HeadOrder | undefined;

  private constructor(
    private readonly coding: Coding,
    shape: readonly number[],
  ) {
    const { encoding, heads } = coding;
    this.#encoder = encodingKind(encoding).encoder(encoding, shape);
    this.#order = heads === 0 ? undefined : new HeadOrder(codedBytes(coding, shape), heads, rowsOf(shape));
  }

  /**
   * Takes the memory for values that come `most` at a time.
   * @returns makes a coder in it: a tensor that is begun again needs a new one
   */
  static allocate(
    coding: Coding,
    shape: readonly number[],
    memory: Pick<ItemMemory, 'plain'>,
    most: number,
  ): () => Coder {
    const { encoding, heads } = coding;
    const bytes = codedBytes(coding, shape);
    const share = Math.min(1, most / Math.max(1, elementCount(shape)));
    // The values, the same changed, and their codes; of a head, its rows in both orders.
    memory.plain(2 * 4 * most + Math.ceil(bytes * share));
    memory.plain(encodingKind(encoding).kept(encoding) + (heads === 0 ? 0 : (2 * bytes) / heads));
    return () => new Coder(coding, shape);
  }

  /** Whether all values must be seen by `measure` before they are coded. */
  get measures(): boolean {
    return this.#encoder.measure !== undefined;
  }

  measure(values: Float32Array): void {
    this.#encoder.measure?.(this.#changed(values));
  }

  /** The bytes that are complete with the next values. */
  code(values: Float32Array): readonly Uint8Array<ArrayBuffer>[] {
    const pieces = this.#encoder.encode(this.#changed(values));
    const order = this.#order;
    return (order ? pieces.flatMap(piece => order.next(piece)) : pieces).filter(({ length }) => length > 0);
  }

  /** Finite values so far that are beyond what can be written. */
  get overflowed(): number {
    return this.#encoder.overflowed;
  }

  #changed(values: Float32Array): Float32Array {
    const { added } = this.coding;
    return added === 0 ? values : values.map(value => value + added);
  }
}

const rowsOf = ([rows = 1]: readonly number[]): number => rows;
