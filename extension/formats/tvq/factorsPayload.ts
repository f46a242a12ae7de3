/**
 * The payload of a `factors` tensor: what an adapter adds to the base's tensor, as the adapter's own matrices. A length
 * (U32), that many bytes of JSON that say how the matrices are combined, and the matrices, one after the other.
 */
import { elementCount, isQuantizable, tensorBytes } from '../dtype.ts';
import { nestsDeeper } from '../json/jsonDepth.ts';
import { isObject } from '../json/jsonText.ts';
import {
  coreOf,
  hadamardOf,
  kroneckerOf,
  productOf,
  sidesOf,
  stored,
  type Delta,
  type MatrixSource,
} from '../lora/deltaSource.ts';
import { rangeOf, type TensorSource } from '../tensorSource.ts';

/** The most that the JSON of a payload takes: that of an adapter takes some hundred bytes. */
const MAX_HEAD = 65_536;
/** Levels of its JSON: a term, and products of products. */
const MAX_DEPTH = 24;
/** Of a stored matrix; a convolution has four. */
const MAX_RANK = 64;
/** Of a length. */
const LENGTH = 4;

const FLOATS = ['F64', 'F32', 'F16', 'BF16'] as const;

/** A stored matrix; its bytes follow those of the one named before it. */
type StoredTerm = [dtype: (typeof FLOATS)[number], shape: number[]];
type MatrixTerm =
  | { stored: StoredTerm; transposed?: true | undefined }
  | { product: [MatrixTerm, MatrixTerm] }
  | { hadamard: [MatrixTerm, MatrixTerm] }
  | { kronecker: [MatrixTerm, MatrixTerm] }
  | { core: [StoredTerm, MatrixTerm] };
interface Term {
  matrix: MatrixTerm;
  scale: number;
  alpha?: StoredTerm;
  firstRow: number;
}

/** A payload before it is written. */
export interface FactorsPayload {
  /** Length and JSON. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** What follows, in order. */
  readonly matrices: readonly TensorSource[];
  readonly bytes: number;
}

/** The payload that says what deltas add. @throws RangeError when a matrix does not hold floats */
export function factorsPayload(deltas: readonly Delta[]): FactorsPayload {
  const matrices: TensorSource[] = [];
  const storing = ({ dtype, shape, ...source }: TensorSource): StoredTerm => {
    if (!isQuantizable(dtype)) throw new RangeError(`a factor of ${dtype} values`);
    matrices.push({ dtype, shape, ...source });
    return [dtype, [...shape]];
  };
  const termOf = (matrix: MatrixSource): MatrixTerm => {
    switch (matrix.form) {
      case 'stored':
        return { stored: storing(matrix.source), ...(matrix.transposed ? { transposed: true } : {}) };
      case 'core':
        return { core: [storing(matrix.core), termOf(matrix.right)] };
      default:
        return { [matrix.form]: [termOf(matrix.left), termOf(matrix.right)] } as unknown as MatrixTerm;
    }
  };
  const terms = deltas.map(({ matrix, scale, alpha, firstRow }): Term => ({
    matrix: termOf(matrix),
    scale,
    ...(alpha ? { alpha: storing(alpha) } : {}),
    firstRow,
  }));
  const json = Buffer.from(JSON.stringify(terms));
  const written = new Uint8Array(LENGTH + json.length);
  new DataView(written.buffer).setUint32(0, json.length, true);
  written.set(json, LENGTH);
  const bytes = matrices.reduce((sum, matrix) => sum + matrix.bytes, written.length);
  return { head: written, matrices, bytes };
}

/**
 * What a payload adds; its sources count from the payload's beginning.
 * @param shape of the tensor that it is added to
 * @throws RangeError saying what is not valid
 */
export function parseFactors(payload: Uint8Array, file: string, shape: readonly number[]): readonly Delta[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const length = payload.length < LENGTH ? 0 : view.getUint32(0, true);
  if (length > Math.min(MAX_HEAD, payload.length - LENGTH)) throw new RangeError('its head is too long');
  const terms = parseHead(payload.subarray(LENGTH, LENGTH + length));
  let end = LENGTH + length;
  const placed = (term: unknown): TensorSource => {
    const [dtype, ownShape] = storedOf(term);
    const bytes = tensorBytes(dtype, ownShape);
    const offset = end;
    end += bytes;
    return rangeOf(file, { name: 'factor', dtype, shape: ownShape, offset, bytes });
  };
  const matrixOf = (term: unknown): MatrixSource => {
    const { transposed = false, ...forms } = fieldsOf(term);
    const [[form, parts] = ['', undefined], ...more] = Object.entries(forms);
    if (more.length > 0 || typeof transposed !== 'boolean') throw notValid();
    if (form === 'stored') return stored(placed(parts), transposed);
    if (transposed || !Array.isArray(parts) || parts.length !== 2) throw notValid();
    if (form === 'core') return coreOf(placed(parts[0]), matrixOf(parts[1]));
    const combine = COMBINING.get(form);
    if (!combine) throw notValid();
    const left = matrixOf(parts[0]);
    return combine(left, matrixOf(parts[1]));
  };
  const [rows, cols] = sidesOf({ shape });
  const deltas = terms.map((term): Delta => {
    const { matrix: product, scale, alpha, firstRow } = fieldsOf(term);
    if (!Number.isFinite(scale) || !Number.isSafeInteger(firstRow) || (firstRow as number) < 0)
      throw notValid();
    const matrix = matrixOf(product);
    const end = (firstRow as number) + matrix.rows;
    if (matrix.cols !== cols || end > rows)
      throw new RangeError(`its factors are for ${end} × ${matrix.cols} values`);
    return {
      matrix,
      scale: scale as number,
      alpha: alpha === undefined ? undefined : placed(alpha),
      firstRow: firstRow as number,
    };
  });
  if (end !== payload.length) throw new RangeError(`its factors take ${end} of ${payload.length} bytes`);
  return deltas;
}

/** By the names of forms. */
const COMBINING = new Map([
  ['product', productOf],
  ['hadamard', hadamardOf],
  ['kronecker', kroneckerOf],
]);

const notValid = () => new RangeError('its head is not valid');

function parseHead(json: Uint8Array): readonly unknown[] {
  if (nestsDeeper(json, MAX_DEPTH)) throw new RangeError('its head nests too deep');
  let terms: unknown;
  try {
    terms = JSON.parse(Buffer.from(json).toString());
  } catch {
    throw notValid();
  }
  if (!Array.isArray(terms) || terms.length === 0) throw notValid();
  return terms;
}

function fieldsOf(term: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(term) || Object.keys(term).length === 0) throw notValid();
  return term;
}

function storedOf(term: unknown): StoredTerm {
  const [dtype, shape, ...more] = Array.isArray(term) ? (term as unknown[]) : [];
  const isFloat = FLOATS.some(known => known === dtype);
  const isShape =
    Array.isArray(shape) &&
    shape.length <= MAX_RANK &&
    shape.every(side => Number.isSafeInteger(side) && (side as number) >= 0) &&
    Number.isSafeInteger(8 * elementCount(shape as number[]));
  if (!isFloat || !isShape || more.length > 0) throw notValid();
  return [dtype, shape] as StoredTerm;
}
