/** The codec stages in plain TypeScript, as kernels/codecStages.ts defines them: slow and obvious. */
import { add, ftz, multiply, subtract } from './oracle.ts';

/** The sign of a tensor's element. */
export function signOf(element: number): number {
  let h = Number((BigInt(Math.floor(element / 32)) * 0x9e3779b9n + 0x7f4a7c15n) & 0xffffffffn);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> (element % 32)) & 1 ? -1 : 1;
}

/** Rows of the Hadamard matrix of order 4. */
const HADAMARD = [
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 1, -1, -1],
  [1, -1, -1, 1],
] as const;

/** S·H·S·x / 2 in float64: what rotate computes, but for rounding. */
export function exactlyRotated(x: Float32Array, index: number): Float64Array {
  const out = Float64Array.from(x);
  for (let at = 0; at + 4 <= x.length; at += 4) {
    HADAMARD.forEach((row, j) => {
      const terms = row.map((h, k) => h * signOf(index + at + k) * (x[at + k] ?? 0));
      out[at + j] = (signOf(index + at + j) * terms.reduce((sum, term) => sum + term, 0)) / 2;
    });
  }
  return out;
}

export function rotate(x: Float32Array, index: number): Float32Array {
  const out = x.slice();
  for (let at = 0; at + 4 <= x.length; at += 4) {
    const signed = (k: number): number => ftz(x[at + k] ?? 0) * signOf(index + at + k);
    const [a, b] = [add(signed(0), signed(1)), subtract(signed(0), signed(1))];
    const [c, d] = [add(signed(2), signed(3)), subtract(signed(2), signed(3))];
    [add(a, c), add(b, d), subtract(a, c), subtract(b, d)].forEach((sum, k) => {
      // Adding +0 makes +0 of -0.
      out[at + k] = multiply(sum, 0.5) * signOf(index + at + k) + 0;
    });
  }
  return out;
}

export function codeCounts(codes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
