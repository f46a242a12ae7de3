/** Inputs are never overwritten, however their paths are written. */
import { cp, link, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** The fixture's models in their own folder, which a link leads to as well. */
async function models() {
  const folder = path();
  await mkdir(folder);
  // Any two models will do, each in a single file.
  for (const [name, from] of [
    ['base', 'math'],
    ['code', 'code'],
  ] as const)
    await cp(fixture(`llama/${from}`), join(folder, name), { recursive: true });
  const here = path();
  await symlink(folder, here);
  const at = (name: string) => join(folder, name);
  return { folder, here, base: at('base'), code: at('code') };
}

const ONE_OF_THE_INPUTS = 'is one of the inputs, or holds one; choose another output';

describe('an output that leads to an input', () => {
  test.each([
    ['the base, by a link to its folder', 'base'],
    ['the weights of an input', 'code/model.safetensors'],
    ['the folder of all', '.'],
  ])('merge: %s', async (_, name) => {
    const { here, base, code } = await models();
    const before = await readFile(join(base, 'model.safetensors'));
    const recipe = tvq.mergeRecipe(join(here, name), 'task_arithmetic', [tvq.checkpointInput(code)], {
      base,
      overwrite: true,
    });
    await expect(tvq.merge(recipe)).rejects.toThrow(ONE_OF_THE_INPUTS);
    expect(await readFile(join(base, 'model.safetensors'))).toEqual(before);
  });

  test('restore: the .tvq file, by a relative path and by a link; the base', async () => {
    const { folder, here, base, code } = await models();
    const file = join(folder, 'q.tvq');
    await tvq.quantize(tvq.recipe(file, { base, tasks: [{ name: 'code', path: code }] }));
    const named = join(folder, 'q.safetensors');
    await link(file, named); // a path that a restore could use as its output
    const before = await readFile(file);
    const cases = [
      [relative(process.cwd(), file), file],
      [file, join(here, basename(file))],
      [named, join(here, basename(named))],
      [file, join(here, 'base')],
    ] as const;
    for (const [source, output] of cases) {
      const recipe = tvq.restoreRecipe(source, 'code', output, { base, overwrite: true });
      await expect(tvq.restore(recipe), output).rejects.toThrow(ONE_OF_THE_INPUTS);
    }
    expect(await readFile(file)).toEqual(before);
  });

  test('quantize: over an input that has the name of an output', async () => {
    const { folder, here, code } = await models();
    const base = join(folder, 'base.safetensors');
    await cp(join(folder, 'base', 'model.safetensors'), base);
    await symlink(base, join(dirname(base), 'base.tvq'));
    const recipe = tvq.recipe(join(here, 'base.tvq'), {
      base,
      tasks: [{ name: 'code', path: join(code, 'model.safetensors') }],
      overwrite: true,
    });
    await expect(tvq.quantize(recipe)).rejects.toThrow(ONE_OF_THE_INPUTS);
  });
});
