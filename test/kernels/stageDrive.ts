/** The test of a stage (test/kernels/stages/ has a file for each), and running its cases on any backend. */
import { expect } from 'vitest';
import type { Backend, Machine } from '../../kernels/backend.ts';
import type { Region } from '../../kernels/memory.ts';
import { stageEntries } from '../../kernels/stages/index.ts';
import { expectBytes, expectValues } from './compare.ts';
import { place, UNTOUCHED } from './place.ts';
import { PlainRegion } from './plain.ts';

export interface StageCase<Call> {
  /** Initial contents of the regions: values, or bytes. */
  readonly inputs: readonly (Float32Array | Uint8Array)[];
  /** Calls the stage, once or several times; what it returns is compared too. */
  call(this: void, stage: Call, ...regions: Region[]): Promise<unknown>;
}

/** What a stage's file exports. */
export interface StageTest<Call> {
  /** The stage on PlainRegions, in plain TypeScript. */
  readonly oracle: Call;
  cases(this: void): Iterable<StageCase<Call>>;
  /** More for a device whose grid is so narrow that dispatches have two dimensions. */
  folded(this: void): Iterable<StageCase<Call>>;
}

export type AnyCall = (...args: unknown[]) => Promise<unknown>;

/** Every stage with its test; fails if one is missing. */
export const stageTests = await Promise.all(
  stageEntries.map(async ([call, stage]) => {
    const test = (await import(`./stages/${stage.name}.ts`)) as StageTest<AnyCall>;
    return { call, stage, ...test };
  }),
);

export const callOf = (backend: Backend, call: string): AnyCall =>
  (backend as unknown as Record<string, AnyCall>)[call] as AnyCall;

/** Memory for the oracles. */
export const plainMachine: Pick<Machine, 'scope' | 'read' | 'write'> = {
  scope: body => body({ alloc: bytes => new PlainRegion(new Uint8Array(bytes)) }),
  read: async (region, offset, bytes) => (region as PlainRegion).data.slice(offset, offset + bytes),
  write: (region, offset, bytes, fill) => fill((region as PlainRegion).data.subarray(offset, offset + bytes)),
};

export interface Outcome {
  /** What the call returned. */
  readonly result: unknown;
  /** Final contents of the regions. */
  readonly regions: readonly Uint8Array[];
}

/** Bytes for a result that takes `bytes`, up to a multiple of 4, and some more that must stay as they are. */
export const untouched = (bytes: number): Uint8Array =>
  new Uint8Array(Math.ceil(bytes / 4) * 4 + 32).fill(UNTOUCHED);

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength).slice();

/** A case on a backend, or on plainMachine with the oracle. */
export function outcomeOf(
  machine: Pick<Machine, 'scope' | 'read' | 'write'>,
  stage: AnyCall,
  { inputs, call }: StageCase<AnyCall>,
): Promise<Outcome> {
  return machine.scope(async memory => {
    const regions: Region[] = [];
    for (const input of inputs) regions.push(await place(machine, memory, bytesOf(input)));
    const result = await call(stage, ...regions);
    const after: Uint8Array[] = [];
    for (const region of regions) after.push(await machine.read(region, 0, region.bytes));
    return { result, regions: after };
  });
}

/** Equal results and equal bits in every region, except where a value is not finite. */
export function expectOutcome(actual: Outcome, expected: Outcome, { inputs }: StageCase<AnyCall>): void {
  expect(actual.result).toEqual(expected.result);
  inputs.forEach((input, i) => {
    const [found, wanted] = [actual.regions[i], expected.regions[i]] as [Uint8Array, Uint8Array];
    if (input instanceof Uint8Array) expectBytes(found, wanted);
    else expectValues(new Float32Array(found.slice().buffer), new Float32Array(wanted.slice().buffer));
  });
}
