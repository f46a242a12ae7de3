/** Types of tensors.mjs for its test. */
export function halfFloat(bits: number): number;
