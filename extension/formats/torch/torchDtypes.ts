/** torch's names of dtypes, and of the storages that have them. */
import type { Dtype } from '../dtype.ts';

/** torch/_C: the dtypes that safetensors has too. */
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['bool', 'BOOL'],
  ['uint8', 'U8'],
  ['int8', 'I8'],
  ['uint16', 'U16'],
  ['int16', 'I16'],
  ['uint32', 'U32'],
  ['int32', 'I32'],
  ['uint64', 'U64'],
  ['int64', 'I64'],
  ['float8_e4m3fn', 'F8_E4M3'],
  ['float8_e4m3fnuz', 'F8_E4M3FNUZ'],
  ['float8_e5m2', 'F8_E5M2'],
  ['float8_e5m2fnuz', 'F8_E5M2FNUZ'],
  ['float8_e8m0fnu', 'F8_E8M0'],
  ['float16', 'F16'],
  ['bfloat16', 'BF16'],
  ['float32', 'F32'],
  ['float64', 'F64'],
  ['complex64', 'C64'],
]);

/** torch/storage.py */
const STORAGES: ReadonlyMap<string, string> = new Map([
  ['UntypedStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ByteStorage', 'uint8'],
  ['CharStorage', 'int8'],
  ['ShortStorage', 'int16'],
  ['IntStorage', 'int32'],
  ['LongStorage', 'int64'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
]);

/** Bits of what safetensors does not have, but a file may hold. */
const OTHER_BITS: ReadonlyMap<string, number> = new Map([['complex128', 128]]);

/** undefined: safetensors has no such dtype. */
export const dtypeOf = (name: string): Dtype | undefined => DTYPES.get(name);

/** The dtype of a storage's elements as torch names it, or the name of its class if that is not known. */
export const storageDtype = (type: string): string => STORAGES.get(type) ?? type;

export { OTHER_BITS };
