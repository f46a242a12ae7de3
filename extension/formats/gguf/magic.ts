/** How a GGUF file begins. */
export const MAGIC = 'GGUF';

export const isGguf = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
