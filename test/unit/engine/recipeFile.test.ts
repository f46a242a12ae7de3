import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expandTasks } from '../../../extension/engine/merge/recipe/expand.ts';
import { readRecipeFile } from '../../../extension/engine/merge/recipe/recipeFile.ts';
import { parseMergeRecipe } from '../../../extension/protocol/recipeSchemas.ts';
import { temporaryFolder } from '../../temporary.ts';
import { OVERRIDES, readRecipe as read, simple } from './recipes.ts';

describe("mergekit's recipes", () => {
  test('ties, with gradients, filters and models relative to the file', () => {
    const text = `
models:
  - model: psmathur/orca_mini_v3_13b
    parameters:
      density: [1, 0.7, 0.1] # density gradient
      weight: 1.0
  - model: garage-bAInd/Platypus2-13B
    parameters:
      density: 0.5
      weight: [0, 0.3, 0.7, 1]
  - model: ../WizardMath-13B-V1.0
    parameters:
      density: 0.33
      weight:
        - filter: mlp
          value: 0.5
        - value: 0
merge_method: ties
base_model: /models/Llama-2-13B-fp16
parameters:
  normalize: true
  int8_mask: true
dtype: float16
`;
    const notes: string[] = [];
    expect(read(text, { note: line => notes.push(line) })).toEqual({
      kind: 'merge',
      base: '/models/Llama-2-13B-fp16',
      inputs: [
        { name: 'orca_mini_v3_13b', path: '/recipes/psmathur/orca_mini_v3_13b', task: undefined },
        { name: 'Platypus2-13B', path: '/recipes/garage-bAInd/Platypus2-13B', task: undefined },
        { name: 'WizardMath-13B-V1.0', path: '/WizardMath-13B-V1.0', task: undefined },
      ],
      method: 'ties',
      parameters: { merge: 'mean', density: 1, scale: 1, trim: 'tensor' },
      inputParameters: [
        { density: [1, 0.7, 0.1], weight: 1 },
        { density: 0.5, weight: [0, 0.3, 0.7, 1] },
        {
          density: 0.33,
          weight: [
            { filter: 'mlp', value: 0.5 },
            { filter: undefined, value: 0 },
          ],
        },
      ],
      lines: undefined,
      output: '/out',
      dtype: 'F16',
      onMismatch: 'error',
      allowNonfinite: false,
      compare: [],
      shardBytes: 5e9,
      overwrite: false,
      resume: false,
      text,
      folder: '/recipes',
    });
    expect(notes).toEqual([expect.stringMatching(/^line 22: int8_mask has no effect; /)]);
  });

  test('dare_ties, with the base among the models', () => {
    const { inputs, parameters, inputParameters, dtype } = read(`
models:
  - model: mistral
    # no parameters necessary for base model
  - model: samantha
    parameters: {density: 0.53, weight: 0.4}
  - model: slerp
    parameters: {density: 0.53, weight: 0.3}
merge_method: dare_ties
base_model: ./mistral/
parameters:
  int8_mask: true
dtype: bfloat16
`);
    expect(inputs.map(({ name }) => name)).toEqual(['samantha', 'slerp']);
    expect(parameters).toEqual({ density: 1, scale: 1, merge: 'sum', rescale: 'l1' });
    expect(inputParameters).toEqual([
      { density: 0.53, weight: 0.4 },
      { density: 0.53, weight: 0.3 },
    ]);
    expect(dtype).toBe('BF16');
  });

  test('slerp, with gradients by part; t goes from the base to the other', () => {
    const { inputs, parameters, base } = read(`
models:
  - model: zephyr
  - model: openhermes
merge_method: slerp
base_model: openhermes
parameters:
  t:
    - filter: self_attn
      value: [0, 0.5, 0.3, 0.7, 1]
    - filter: mlp
      value: [1, 0.5, 0.7, 0.3, 0]
    - value: 0.5
tokenizer_source: base
`);
    expect(base).toBe('/recipes/openhermes');
    expect(inputs.map(({ name }) => name)).toEqual(['openhermes', 'zephyr']);
    expect(parameters).toEqual({
      t: [
        { filter: 'self_attn', value: [0, 0.5, 0.3, 0.7, 1] },
        { filter: 'mlp', value: [1, 0.5, 0.7, 0.3, 0] },
        { filter: undefined, value: 0.5 },
      ],
    });
  });

  test('slerp adds a base that is not listed', () => {
    const { inputs } = read('merge_method: slerp\nbase_model: b\nmodels: [{model: a}]\nparameters: {t: 0.3}');
    expect(inputs.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  test('linear, without a base', () => {
    const { inputs, parameters, inputParameters, base } = read(`
models:
  - model: psmathur/orca_mini_v3_13b
    parameters:
      weight: 1.0
  - model: WizardLM/WizardLM-13B-V1.2
    parameters:
      weight: 0.3
merge_method: linear
dtype: float16
`);
    expect(base).toBeUndefined();
    expect(inputs.map(({ name }) => name)).toEqual(['orca_mini_v3_13b', 'WizardLM-13B-V1.2']);
    expect(parameters).toEqual({ normalize: true });
    expect(inputParameters).toEqual([{ weight: 1 }, { weight: 0.3 }]);
  });

  test('a base is one of the models of linear, in its place or at the end', () => {
    const listed = read(
      'merge_method: linear\nbase_model: a\nmodels: [{model: b}, {model: a}]\nparameters: {weight: 1}',
    );
    expect(listed.inputs.map(({ name }) => name)).toEqual(['b', 'a']);
    const added = read('merge_method: linear\nbase_model: a\nmodels: [{model: b}]\nparameters: {weight: 1}');
    expect(added.inputs.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(() =>
      read('merge_method: linear\nbase_model: a\nmodels: [{model: b, parameters: {weight: 1}}]'),
    ).toThrow('line 2: weight of a is missing; method linear needs it');
  });

  test('task_arithmetic, with lambda and what it ignores', () => {
    const notes: string[] = [];
    const text = simple('task_arithmetic', 'parameters: {lambda: 0.7, density: 0.5, normalize: false}');
    expect(read(text, { note: line => notes.push(line) }).parameters).toEqual({ scale: 0.7, merge: 'sum' });
    expect(notes).toEqual([expect.stringMatching(/^line 4: density has no effect/)]);
  });

  test('YAML 1.1: words for switches, numbers with exponents, merged maps', () => {
    const text = `
merge_method: ties
base_model: base
models:
  - model: a
    parameters: &same {weight: 1e-1, density: .5}
  - model: b
    parameters: {<<: *same, density: 1_0e-1}
parameters: {normalize: off}
`;
    const { parameters, inputParameters } = read(text);
    expect(parameters.merge).toBe('sum');
    expect(inputParameters).toEqual([
      { weight: 0.1, density: 0.5 },
      { weight: 0.1, density: 1 },
    ]);
  });
});

describe('our own keys', () => {
  const text = `
merge_method: ties
base_model: base
models:
  - {model: tasks.tvq, task: cars}
  - {model: sub/tasks.tvq, task: cars}
  - {model: other.tvq, task: sun, name: SUN397}
  - {model: my model.safetensors}
parameters: {weight: 1}
lines: {alpha: 0.2, beta: 0.5}
`;
  test('.tvq tasks, names, lines', () => {
    const { inputs, lines } = read(text);
    expect(inputs).toEqual([
      { name: 'cars', path: '/recipes/tasks.tvq', task: 'cars' },
      { name: 'cars-2', path: '/recipes/sub/tasks.tvq', task: 'cars' },
      { name: 'SUN397', path: '/recipes/other.tvq', task: 'sun' },
      { name: 'my_model', path: '/recipes/my model.safetensors', task: undefined },
    ]);
    expect(lines).toEqual({ alpha: 0.2, beta: 0.5 });
  });

  test('a .tvq file without a task stands for all of its tasks', async () => {
    const recipe = read(`
merge_method: linear
base_model: base
models:
  - {model: tasks.tvq, parameters: {weight: 2}}
  - {model: cars, parameters: {weight: 1}}
`);
    expect(recipe.inputs).toHaveLength(2); // the base is only there for the .tvq file, not as a model
    const { inputs, inputParameters } = await expandTasks(recipe, async () => ['cars', 'sun']);
    expect(inputs).toEqual([
      { name: 'cars-2', path: '/recipes/tasks.tvq', task: 'cars' },
      { name: 'sun', path: '/recipes/tasks.tvq', task: 'sun' },
      { name: 'cars', path: '/recipes/cars', task: undefined },
    ]);
    expect(inputParameters).toEqual([{ weight: 2 }, { weight: 2 }, { weight: 1 }]);
  });

  test('a task by itself and with its file', async () => {
    const recipe = read(
      'merge_method: magmax\nbase_model: b\nmodels: [{model: t.tvq}, {model: t.tvq, task: cars}]',
    );
    await expect(expandTasks(recipe, async () => ['cars'])).rejects.toThrow(
      '/recipes/t.tvq: task "cars" is also listed separately',
    );
  });

  test('what the command line says counts', () => {
    const asked = { output: '/x', overwrite: true, resume: true, shardBytes: 7, dtype: 'F32' } as const;
    expect(read(simple('ties', 'dtype: float16'), {}, asked)).toMatchObject(asked);
  });

  test.each([
    ['', undefined],
    ['dtype: float32', 'F32'],
    ['dtype: float32\nout_dtype: torch.bfloat16', 'BF16'],
  ])('dtype %j', (more, dtype) => expect(read(simple('ties', more)).dtype).toBe(dtype));
});

describe('files', async () => {
  const folder = await temporaryFolder();
  const write = async (text: string | Uint8Array) => {
    const path = join(folder, 'merge.yml');
    await writeFile(path, text);
    return path;
  };

  test('paths are relative to the file; messages and notes name it', async () => {
    await Promise.all(['a', 'b+c@d', 'base'].map(name => writeFile(join(folder, name), '')));
    const path = await write(
      'merge_method: ties\nbase_model: base\nmodels: [{model: a}, {model: b+c@d}]\nparameters: {weight: 1, int8_mask: true}',
    );
    const notes: string[] = [];
    const { base, inputs } = await readRecipeFile(path, OVERRIDES, line => notes.push(line));
    expect(base).toBe(join(folder, 'base'));
    expect(inputs.map(({ name }) => name)).toEqual(['a', 'b_c_d']);
    expect(notes).toEqual([expect.stringContaining(`${path}: line 4: int8_mask has no effect`)]);
    await write('merge_method: ties\nmodels: [{model: org/model}]');
    await expect(readRecipeFile(path, OVERRIDES)).rejects.toThrow(`${path}: line 2: there is no folder`);
  });

  test.each(['utf-16le', 'utf-8'] as const)('a recipe with a byte order mark, in %s', async encoding => {
    const path = await write(
      Buffer.from(
        '\ufeffmerge_method: ties\nbase_model: base\nmodels: [{model: a}]\nparameters: {weight: 1}',
        encoding,
      ),
    );
    expect((await readRecipeFile(path, OVERRIDES)).base).toBe(join(folder, 'base'));
  });

  test('files that are no recipe', async () => {
    const path = await write(Uint8Array.of(0xc3, 0x28, 0x20));
    await expect(readRecipeFile(path, OVERRIDES)).rejects.toThrow('it is not UTF-8 text');
    await write('#'.repeat(2 ** 20));
    await expect(readRecipeFile(path, OVERRIDES)).rejects.toThrow('1048576 bytes are too many for a recipe');
    await expect(readRecipeFile(join(folder, 'none'), OVERRIDES)).rejects.toThrow('there is no such file');
  });
});

describe('parseMergeRecipe', () => {
  const recipe = read(simple('ties'));
  const [first, second] = recipe.inputs;
  test('a complete one passes', () => expect(parseMergeRecipe(recipe)).toEqual(recipe));
  test.each([
    [{ inputs: [], inputParameters: [] }, 'inputs: name at least one model'],
    [{ inputs: [first, first] }, /^two inputs are named "a", both of .*; leave one out/],
    [{ inputs: [first, { ...second, name: '../b' }] }, 'a task name has'],
    [{ inputParameters: [{}] }, 'as many inputParameters as inputs'],
    [{ parameters: { density: [] } }, 'parameters.density'],
    [{ parameters: { density: NaN } }, 'parameters.density'],
    [{ shardBytes: 0 }, 'shardBytes'],
    [{ output: '' }, 'output'],
    [{ wieghts: 1 }, 'wieghts'],
  ])('%j is refused', (change, message) => {
    expect(() => parseMergeRecipe({ ...recipe, ...change })).toThrow(message);
  });
});
