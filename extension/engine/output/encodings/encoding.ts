/** What a way to write the values of a tensor is: one file each here, and a line in registry.ts. */

/** Writes the values of one tensor, which come in order. */
export interface TensorEncoder {
  /** Where all values must be seen before the first can be written: sees them. */
  readonly measure?: (values: Float32Array) => void;
  /** @returns the bytes that are complete with these values, in order */
  encode(values: Float32Array): readonly Uint8Array<ArrayBuffer>[];
  /** Finite values so far that are beyond what it can hold. */
  readonly overflowed: number;
}

/** By its kind, plain data: it is sent to threads. */
export interface EncodingKind<E extends { readonly kind: string }> {
  readonly kind: E['kind'];
  /** As formats name it: F16, Q8_0. */
  type(encoding: E): string;
  /** All that is written of a tensor. */
  bytes(encoding: E, shape: readonly number[]): number;
  /** What an encoder keeps from one call to the next, in bytes. */
  kept(encoding: E): number;
  encoder(encoding: E, shape: readonly number[]): TensorEncoder;
}
