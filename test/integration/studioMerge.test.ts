/** A merge as in the Studio, without VS Code: from choices to recipe, engine, and the report read back. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportPath } from '../../extension/host/merge/outcome.ts';
import { readMergeReport } from '../../extension/host/merge/reportFile.ts';
import { methodOf, studioRecipe } from '../../extension/host/merge/studioRecipe.ts';
import { methodInfos } from '../../extension/engine/merge/methods/registry.ts';
import type { StudioMergeRecipe } from '../../extension/protocol/merge.ts';
import type { StudioSelection } from '../../extension/protocol/studio.ts';
import { fixture } from '../checkpoints.ts';
import { LLAMA_TASKS, merge, quantize, recipe } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const checkpoints: StudioSelection = {
  base: { name: 'base', path: fixture('llama/base') },
  tasks: LLAMA_TASKS,
};
const choices = (changes: Partial<StudioMergeRecipe> = {}): StudioMergeRecipe => ({
  method: 'ties',
  tasks: LLAMA_TASKS.map(({ name }) => name),
  parameters: { density: 0.4 },
  taskParameters: { math: { weight: 0.5 } },
  onMismatch: 'error',
  compare: true,
  output: undefined,
  ...changes,
});

async function merged(selection: StudioSelection, asked: StudioMergeRecipe, name: string) {
  const made = studioRecipe(selection, asked, methodOf(methodInfos(), asked.method), join(folder, name));
  const result = await merge(made);
  return { result, report: await readMergeReport(reportPath(result)!) };
}

describe('a merge from the Studio', () => {
  test('of a .tvq file has its difference from full precision by layer', async () => {
    const source = join(folder, 'all.tvq');
    await quantize(recipe(source));
    const { report, result } = await merged({ ...checkpoints, source }, choices(), 'from-tvq');
    expect(report.model).toEqual(result.report);
    expect(report.model.difference).toBeGreaterThan(0);
    expect(report.parameters).toMatchObject({ density: 0.4, weight: 1 });
    expect(report.inputParameters['math']).toMatchObject({ weight: 0.5 });
    const layers = report.layers.map(({ layer }) => layer);
    expect(layers.slice(0, 2)).toEqual([0, 1]);
    expect(layers.at(-1)).toBeNull();
    expect(report.layers[0]?.inputs.map(({ name }) => name)).toEqual(['code', 'math', 'chat']);
    expect(report).not.toHaveProperty('tensors');
  });

  test('of checkpoints has none, and of emr is found in the first model', async () => {
    const { report } = await merged(checkpoints, choices(), 'from-checkpoints');
    expect(report.model.difference).toBeNull();
    const emr = choices({ method: 'emr', parameters: {}, taskParameters: {}, tasks: ['code', 'math'] });
    expect((await merged(checkpoints, emr, 'emr')).report.model.inputs).toHaveLength(2);
  });
});

describe('a report', () => {
  const file = join(folder, 'report.json');

  test('that is gone, or something else, is named', async () => {
    await expect(readMergeReport(join(folder, 'gone.json'))).rejects.toThrow('gone.json no longer exists.');
    await writeFile(file, '{"method": ');
    await expect(readMergeReport(file)).rejects.toThrow('report.json is not a merge report');
    const { result } = await merged(checkpoints, choices(), 'to-break');
    const whole = JSON.parse(await readFile(reportPath(result)!, 'utf8')) as { layers: { norm: unknown }[] };
    whole.layers[1]!.norm = 'large';
    await writeFile(file, JSON.stringify(whole));
    await expect(readMergeReport(file)).rejects.toThrow('layers.1.norm is not as expected. Merge again');
  });
});
