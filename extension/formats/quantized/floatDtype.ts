/** Dtypes that models compute in, and that decoded weights are read in. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

const NAMES: Readonly<Record<string, FloatDtype>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

/** By PyTorch's name of it. */
export const floatDtypeNamed = (name: unknown): FloatDtype | undefined =>
  typeof name === 'string' && Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
