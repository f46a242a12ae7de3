/** One case of a merge stage on the oracle and on a backend. */
import { expect } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import type { Region } from '../../kernels/memory.ts';
import { expectValues } from './compare.ts';
import { floats, place } from './drive.ts';
import type { MergeCase } from './mergeCases.ts';
import { PlainRegion, PlainStages } from './mergeOracle.ts';

export interface Outcome {
  /** What the call returned. */
  readonly result: unknown;
  /** What the regions hold afterwards. */
  readonly regions: readonly Float32Array[];
}

export async function byOracle({ inputs, call }: MergeCase): Promise<Outcome> {
  const regions = inputs.map(values => new PlainRegion(values.slice()));
  const result = await call(new PlainStages(), regions);
  return { result, regions: regions.map(({ values }) => values) };
}

export function byBackend(backend: Backend, { inputs, call }: MergeCase): Promise<Outcome> {
  return backend.scope(async memory => {
    const regions: Region[] = [];
    for (const values of inputs)
      regions.push(await place(backend, memory, new Uint8Array(values.slice().buffer)));
    const result = await call(backend, regions);
    const after: Float32Array[] = [];
    for (const region of regions) after.push(floats(await backend.read(region, 0, region.bytes)));
    return { result, regions: after };
  });
}

/** Equal results and equal bits in every region, except where a value is not finite. */
export function expectOutcome(actual: Outcome, expected: Outcome): void {
  expect(actual.result).toEqual(expected.result);
  actual.regions.forEach((values, i) => expectValues(values, expected.regions[i] ?? new Float32Array()));
}
