/**
 * Every stage on the CPU against its oracle, and on WebGPU against the CPU, byte for byte, what it returns too. What
 * the cases are made of and the oracle's results are computed once for both.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';
import { philox } from './philox.ts';
import { callOf, expectOutcome, outcomeOf, plainMachine, stageTests } from './stageDrive.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

describe.each(stageTests)('$stage.name', ({ call, oracle, cases, folded }) => {
  test('is what the oracle computes', async () => {
    let some = false;
    for (const one of cases()) {
      some = true;
      const expected = await outcomeOf(plainMachine, oracle, one);
      for (const backend of [cpu, gpu])
        expectOutcome(await outcomeOf(backend, callOf(backend, call), one), expected, one);
    }
    expect(some).toBe(true);
  });

  test('is the same on a folded grid', async () => {
    for (const one of folded()) {
      const expected = await outcomeOf(cpu, callOf(cpu, call), one);
      expectOutcome(await outcomeOf(narrow, callOf(narrow, call), one), expected, one);
    }
  });
});

test('a stage, its folder, its shader and the twin of that have one name; its call is the same in camel case', () => {
  const folder = fileURLToPath(new URL('../../kernels/stages/', import.meta.url));
  const folders = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory());
  expect(stageTests.map(({ stage }) => stage.name).sort()).toEqual(folders.map(({ name }) => name).sort());
  for (const { call, stage } of stageTests) {
    const files = readdirSync(folder + stage.name).sort();
    expect(files).toEqual(['stage.ts', `${stage.name}.ts`, `${stage.name}.wgsl`].sort());
    expect(call).toBe(stage.name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
  }
});

describe('the oracle', () => {
  test('has the published words of Philox4x32-10', () => {
    const ones = 0xffffffff;
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });
});
