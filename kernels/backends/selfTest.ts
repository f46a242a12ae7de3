/** A tiny call of every stage, whose results are known: what a device must get right before it is trusted. */
import type { Backend, Machine } from '../backend.ts';
import type { Region } from '../memory.ts';
import { stageEntries, type Stages } from '../stages/index.ts';
import type { AnyStage } from '../stages/stage.ts';

/** 32-bit FNV-1a of numbers that a stage returned, and of what it left in its regions; in hex. */
function digest(numbers: readonly number[], regions: readonly Uint8Array[]): string {
  let hash = 0x811c9dc5;
  for (const part of [new Uint8Array(Float64Array.from(numbers).buffer), ...regions]) {
    for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The digest of what `call` (a stage's, on `backend`) gives in its self-test, run in its own scope. */
export function digestOf(
  backend: Pick<Machine, 'scope' | 'read' | 'write'>,
  call: (...args: unknown[]) => Promise<unknown>,
  { inputs, run }: AnyStage['selfTest'],
): Promise<string> {
  return backend.scope(async memory => {
    const regions: Region[] = [];
    for (const { buffer, byteOffset, byteLength } of inputs()) {
      const region = memory.alloc(byteLength);
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      await backend.write(region, 0, byteLength, async view => view.set(bytes));
      regions.push(region);
    }
    const numbers = await run(call, ...regions);
    const after = regions.map(region => backend.read(region, 0, region.bytes));
    return digest(numbers, await Promise.all(after));
  });
}

/** Stages whose results on `backend` are not exactly the expected bits. Needs about 50 KB of its memory. */
export async function failedChecks(backend: Backend): Promise<string[]> {
  const calls = backend as unknown as Record<keyof Stages, Parameters<typeof digestOf>[1]>;
  const failed: string[] = [];
  for (const [call, { name, selfTest }] of stageEntries) {
    if (backend.info.software && selfTest.slow) continue;
    if ((await digestOf(backend, calls[call], selfTest)) !== selfTest.digest) failed.push(name);
  }
  return failed;
}
