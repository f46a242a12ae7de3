/** Every stage of WebGPU against the CPU's, byte for byte, sums and quotients too. */
import { test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';
import { callOf, expectOutcome, outcomeOf, stageTests } from './stageDrive.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

test.each(stageTests)('$stage.name', async ({ call, cases, folded }) => {
  for (const [backend, all] of [
    [gpu, cases()],
    [narrow, folded?.() ?? []],
  ] as const) {
    for (const one of all) {
      const expected = await outcomeOf(cpu, callOf(cpu, call), one);
      expectOutcome(await outcomeOf(backend, callOf(backend, call), one), expected, one);
    }
  }
});
