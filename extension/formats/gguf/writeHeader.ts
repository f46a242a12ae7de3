/** The header of a GGUF file as bytes: version 3, metadata, and where the data of each tensor will be (ggml, docs/gguf.md). */
import { MAGIC } from './magic.ts';
import { ggufTypeNumber } from './types.ts';

/** A value of the metadata with the type that readers expect of its key. */
export type GgufPair =
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

export type GgufPairs = ReadonlyMap<string, GgufPair>;

/** A tensor as the header lists it. */
export interface GgufEntry {
  readonly name: string;
  /** Rows first, as everywhere but in GGUF. */
  readonly shape: readonly number[];
  /** F32, Q8_0. */
  readonly type: string;
  /** From the beginning of the data. */
  readonly offset: number;
}

export const GGUF_ALIGNMENT = 32;

export const aligned = (at: number): number => Math.ceil(at / GGUF_ALIGNMENT) * GGUF_ALIGNMENT;

const VERSION = 3;
/** Types of values, as the format numbers them. */
const NUMBERS = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, list: 9 } as const;

/** Bytes that are put together, growing as needed. */
class Bytes {
  #bytes = Buffer.alloc(1 << 16);
  #length = 0;

  u32(value: number): void {
    this.#bytes.writeUInt32LE(value, this.#room(4));
  }

  i32(value: number): void {
    this.#bytes.writeInt32LE(value, this.#room(4));
  }

  f32(value: number): void {
    this.#bytes.writeFloatLE(value, this.#room(4));
  }

  u64(value: number): void {
    this.#bytes.writeBigUInt64LE(BigInt(value), this.#room(8));
  }

  u8(value: number): void {
    this.#bytes.writeUInt8(value, this.#room(1));
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.u64(length);
    this.#bytes.write(value, this.#room(length), 'utf8');
  }

  /** With zeros up to the alignment. */
  finish(): Uint8Array {
    this.#room(aligned(this.#length) - this.#length);
    return this.#bytes.subarray(0, this.#length);
  }

  #room(bytes: number): number {
    const begin = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#length);
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    return begin;
  }
}

/** The bytes in front of the data, whose length does not depend on the offsets. */
export function ggufHeader(pairs: GgufPairs, tensors: readonly GgufEntry[]): Uint8Array {
  const bytes = new Bytes();
  for (const letter of Buffer.from(MAGIC)) bytes.u8(letter);
  bytes.u32(VERSION);
  bytes.u64(tensors.length);
  bytes.u64(pairs.size);
  for (const [key, pair] of pairs) {
    bytes.text(key);
    writePair(bytes, pair);
  }
  for (const { name, shape, type, offset } of tensors) {
    bytes.text(name);
    bytes.u32(shape.length);
    for (const dim of [...shape].reverse()) bytes.u64(dim);
    bytes.u32(ggufTypeNumber(type));
    bytes.u64(offset);
  }
  return bytes.finish();
}

function writePair(bytes: Bytes, pair: GgufPair): void {
  const list = (of: 'string' | 'i32' | 'f32', length: number) => {
    bytes.u32(NUMBERS.list);
    bytes.u32(NUMBERS[of]);
    bytes.u64(length);
  };
  switch (pair.type) {
    case 'strings':
      list('string', pair.value.length);
      for (const text of pair.value) bytes.text(text);
      return;
    case 'i32s':
      list('i32', pair.value.length);
      for (const value of pair.value) bytes.i32(value);
      return;
    case 'f32s':
      list('f32', pair.value.length);
      for (const value of pair.value) bytes.f32(value);
      return;
    case 'string':
      bytes.u32(NUMBERS.string);
      return bytes.text(pair.value);
    case 'bool':
      bytes.u32(NUMBERS.bool);
      return bytes.u8(Number(pair.value));
    case 'u32':
    case 'f32':
      bytes.u32(NUMBERS[pair.type]);
      return bytes[pair.type](pair.value);
  }
}
