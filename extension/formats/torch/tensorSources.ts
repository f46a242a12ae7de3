/** The tensors that a pickle describes as sources of values: checked against what the file holds. */
import { UserError } from '../../shared/errors.ts';
import { DTYPE_BITS, elementCount, type Dtype } from '../dtype.ts';
import { quote } from '../safetensors/headerText.ts';
import { rangeOf, type TensorSource } from '../tensorSource.ts';
import type { FoundTensor } from './moduleTensors.ts';
import { UnreadTensor, type Storage, type Tensor } from './pickleValues.ts';
import { STRIDED, type StridedSource } from './stridedSource.ts';
import { dtypeOf, storageDtype } from './torchDtypes.ts';

/** torch's own limit. */
const MAX_DIMENSIONS = 64;

/** Where a storage's bytes are. */
export interface Place {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The sources of a file's tensors, in the order of their data.
 * @param placeOf finds a storage's bytes in the file
 * @throws UserError naming the file, the tensor and the fault
 */
export async function tensorSources(
  file: string,
  fileBytes: number,
  tensors: ReadonlyMap<string, FoundTensor>,
  placeOf: (storage: Storage) => Promise<Place>,
): Promise<TensorSource[]> {
  const sources: (TensorSource & { readonly offset: number })[] = [];
  for (const [name, tensor] of tensors) {
    const wrong = (what: string) => new UserError(`${file}: tensor ${quote(name)}: ${what}`);
    if (name.includes('\ufffd')) throw wrong('its name is not valid UTF-8');
    if (tensor instanceof UnreadTensor)
      throw wrong(`${tensor.what}, which is not read; save the model with plain tensors`);
    const torchDtype = tensor.dtype ?? storageDtype(tensor.storage.type);
    const dtype = dtypeOf(torchDtype);
    if (dtype === undefined)
      throw wrong(`its dtype ${torchDtype} is not read; save it in one that safetensors has`);
    const { shape, strides, first } = checked(tensor, wrong);
    const bytes = elementCount(shape) * (DTYPE_BITS[dtype] / 8);
    // A view may repeat elements; what then has more of them than a file could hold would fill any disk.
    if (!Number.isSafeInteger(bytes) || bytes > Math.max(fileBytes, MAX_REPEATED_BYTES))
      throw wrong(`its shape [${shape.join(', ')}] has ${bytes} bytes, more than the file`);
    const place = await placeOf(tensor.storage);
    const offset = place.offset + offsetIn(tensor.storage, dtype, first);
    const last = strides.reduce((sum, stride, i) => sum + stride * ((shape[i] as number) - 1), 0);
    const end = offset + (bytes === 0 ? 0 : (last + 1) * (DTYPE_BITS[dtype] / 8));
    if (end > place.offset + place.bytes)
      throw wrong(
        `it goes up to byte ${end - place.offset} of a storage that has ${place.bytes}; is the file complete?`,
      );
    const entry = { name, dtype, shape, offset, bytes };
    const strided: StridedSource = { ...entry, kind: STRIDED, file, strides };
    sources.push(bytes === 0 || isContiguous(shape, strides) ? rangeOf(file, entry) : strided);
  }
  return sources.sort((a, b) => a.offset - b.offset);
}

/** A view that repeats elements may have this much in any file. */
const MAX_REPEATED_BYTES = 1 << 20;

/** A view into a storage begins where the storage's part does. */
const offsetIn = ({ type, first }: Storage, dtype: Dtype, element: number): number => {
  const unit = dtypeOf(storageDtype(type)) ?? dtype;
  return (first * DTYPE_BITS[unit] + element * DTYPE_BITS[dtype]) / 8;
};

function checked(
  { shape, strides, offset }: Tensor,
  wrong: (what: string) => UserError,
): { readonly shape: number[]; readonly strides: number[]; readonly first: number } {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
  if (!areCounts(shape) || !areCounts(strides) || shape.length !== strides.length || !isCount(offset))
    throw wrong('its shape, strides and offset are not whole numbers');
  if (shape.length > MAX_DIMENSIONS)
    throw wrong(`it has ${shape.length} dimensions, at most ${MAX_DIMENSIONS} are read`);
  return { shape, strides, first: offset };
}

/** Whether elements lie one after another, row by row; dimensions of one element do not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] as number;
    if (size !== 1 && strides[i] !== expected) return false;
    expected *= size;
  }
  return true;
}
