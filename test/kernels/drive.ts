/** Whole tensors through a backend's stages, in chunks at offsets inside large regions, as the engine does it. */
import {
  BYTES_PER_ELEMENT,
  type FloatType,
  type Region,
  type Scope,
  type Slice,
} from '../../kernels/memory.ts';
import { packedBytes } from '../../kernels/codes.ts';
import type { Affine, SquaredError } from '../../kernels/stages/quantize_pack/stage.ts';
import type { Backend } from '../../kernels/backend.ts';
import type { Extent } from '../../kernels/stages/extent.ts';
import type { Difference, Encoded, Stored } from './oracle.ts';

const NOTHING: Extent = { min: Infinity, max: -Infinity, finite: true };

const join = (a: Extent, b: Extent): Extent => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  finite: a.finite && b.finite,
});

export const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

export const countOf = ({ type, bytes }: Stored): number => bytes.length / BYTES_PER_ELEMENT[type];

/** A new region with `bytes` in it. */
export async function place(
  backend: Pick<Backend, 'write'>,
  memory: Scope,
  bytes: Uint8Array,
): Promise<Region> {
  const region = memory.alloc(bytes.length);
  await backend.write(region, 0, bytes.length, async view => view.set(bytes));
  return region;
}

const placeStored = async (backend: Backend, memory: Scope, stored: Stored): Promise<Slice> => ({
  region: await place(backend, memory, stored.bytes),
  type: stored.type,
  first: 0,
});

/** Calls `body` for each chunk of `count` elements. */
export async function eachChunk(
  count: number,
  chunk: number,
  body: (first: number, size: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < count; first += chunk) await body(first, Math.min(chunk, count - first));
}

/** delta_minmax; with `store` false it finds only the extent, and returns no values. */
export function deltaOn(
  backend: Backend,
  tuned: Stored,
  reference: Stored | undefined,
  { store = true, chunk = backend.chunk } = {},
): Promise<Difference> {
  return backend.scope(async memory => {
    const count = countOf(tuned);
    const t = await placeStored(backend, memory, tuned);
    const r = reference && (await placeStored(backend, memory, reference));
    const out = memory.alloc(Math.min(chunk, count) * 4);
    const x = new Uint8Array(store ? count * 4 : 0);
    let extent = NOTHING;
    await eachChunk(count, chunk, async (first, size) => {
      const found = await backend.deltaMinmax(
        { ...t, first },
        r && { ...r, first },
        store ? out : undefined,
        size,
      );
      extent = join(extent, found);
      if (store) x.set(await backend.read(out, 0, size * 4), first * 4);
    });
    return { x: floats(x), extent };
  });
}

/** accumulate over `tuned`, then mean_delta with `tasks` as the divisor; `inPlace` lets the result replace the sum. */
export function meanOn(
  backend: Backend,
  tuned: readonly Stored[],
  tasks: number,
  base: Stored,
  { inPlace = true, chunk = backend.chunk } = {},
): Promise<Difference> {
  return backend.scope(async memory => {
    const count = countOf(base);
    const slices: Slice[] = [];
    for (const stored of tuned) slices.push(await placeStored(backend, memory, stored));
    const b = await placeStored(backend, memory, base);
    const sum = memory.alloc(Math.min(chunk, count) * 4);
    const out = inPlace ? sum : memory.alloc(Math.min(chunk, count) * 4);
    const x = new Uint8Array(count * 4);
    let extent = NOTHING;
    await eachChunk(count, chunk, async (first, size) => {
      for (const [i, slice] of slices.entries()) {
        await backend.accumulate(sum, { ...slice, first }, i === 0, size);
      }
      extent = join(extent, await backend.meanDelta(sum, tasks, { ...b, first }, out, size));
      x.set(await backend.read(out, 0, size * 4), first * 4);
    });
    return { x: floats(x), extent };
  });
}

/** Initial bytes of the code region. */
export const UNTOUCHED = 0xa5;

export interface Quantized {
  /** The code region's bytes, with some after the codes that must stay untouched. */
  readonly codes: Uint8Array;
  readonly loss: SquaredError;
}

/** quantize_pack, its sums handed from chunk to chunk. */
export function quantizeOn(
  backend: Backend,
  values: Float32Array,
  affine: Affine,
  { chunk = backend.chunk } = {},
): Promise<Quantized> {
  return backend.scope(async memory => {
    const count = values.length;
    let loss: SquaredError = { error: 0, energy: 0 };
    const bytes = Math.ceil(packedBytes(count, affine.bits) / 4) * 4 + 32;
    const codes = await place(backend, memory, new Uint8Array(bytes).fill(UNTOUCHED));
    const x = memory.alloc(Math.min(chunk, count) * 4);
    await eachChunk(count, chunk, async (first, size) => {
      const part = new Uint8Array(values.buffer, values.byteOffset + first * 4, size * 4);
      await backend.write(x, 0, part.length, async view => view.set(part));
      loss = await backend.quantizePack(x, affine, codes, first, size, loss);
    });
    return { codes: await backend.read(codes, 0, bytes), loss };
  });
}

/** unpack_dequantize of `count` codes. */
export function dequantizeOn(
  backend: Backend,
  packed: Uint8Array,
  bits: number,
  count: number,
  table: Float32Array,
  addend: Stored | undefined,
  { chunk = backend.chunk } = {},
): Promise<Float32Array> {
  return backend.scope(async memory => {
    const codes = await place(backend, memory, packed.slice(0, packedBytes(count, bits)));
    const a = addend && (await placeStored(backend, memory, addend));
    const out = memory.alloc(count * 4);
    await eachChunk(count, chunk, (first, size) =>
      backend.unpackDequantize(codes, first, bits, table, a && { ...a, first }, out, first, size),
    );
    return floats(await backend.read(out, 0, count * 4));
  });
}

/** delta_energy, handed from chunk to chunk. */
export function energyOn(
  backend: Backend,
  tuned: Stored,
  base: Stored | undefined,
  { chunk = backend.chunk } = {},
): Promise<number> {
  return backend.scope(async memory => {
    const t = await placeStored(backend, memory, tuned);
    const b = base && (await placeStored(backend, memory, base));
    let energy = 0;
    await eachChunk(countOf(tuned), chunk, async (first, size) => {
      energy = await backend.deltaEnergy({ ...t, first }, b && { ...b, first }, size, energy);
    });
    return energy;
  });
}

/** encode. */
export function encodeOn(
  backend: Backend,
  values: Float32Array,
  type: FloatType,
  { chunk = backend.chunk } = {},
): Promise<Encoded> {
  return backend.scope(async memory => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const x: Slice = { region: await place(backend, memory, bytes), type: 'F32', first: 0 };
    const width = BYTES_PER_ELEMENT[type];
    const out = memory.alloc(Math.min(chunk, values.length) * width);
    const all = new Uint8Array(values.length * width);
    let [nonFinite, overflowed] = [0, 0];
    await eachChunk(values.length, chunk, async (first, size) => {
      const found = await backend.encode({ ...x, first }, type, out, size);
      nonFinite += found.nonFinite;
      overflowed += found.overflowed;
      all.set(await backend.read(out, 0, size * width), first * width);
    });
    return { bytes: all, nonFinite, overflowed };
  });
}
