/** The dtypes of safetensors with their bits, as its reference implementation lists them. */
export const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof DTYPE_BITS;

export const isDtype = (name: string): name is Dtype => Object.hasOwn(DTYPE_BITS, name);

/** Dtypes that are quantized; every other one is stored exactly. */
export type QuantizableDtype = 'F64' | 'F32' | 'F16' | 'BF16';

export const isQuantizable = (dtype: Dtype): dtype is QuantizableDtype =>
  dtype === 'F32' || dtype === 'BF16' || dtype === 'F16' || dtype === 'F64';

/** Number of elements of a shape; a scalar has one. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((count, dim) => count * dim, 1);

/** Bytes of a tensor's values. */
export const tensorBytes = (dtype: Dtype, shape: readonly number[]): number =>
  (elementCount(shape) * DTYPE_BITS[dtype]) / 8;
