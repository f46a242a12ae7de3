/** What language models may request, and what happens then. */
import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { planMergeSummary, plan } from '../../../extension/engine/engine.ts';
import { METHODS } from '../../../extension/engine/merge/methods/registry.ts';
import {
  inspectedPath,
  MERGE_FIELDS,
  mergeRecipe,
  QUANTIZE_FIELDS,
  quantizeRecipe,
} from '../../../extension/host/tools/recipes.ts';
import { Confirmed } from '../../../extension/host/tools/confirmed.ts';
import { workspacePath, type Folder } from '../../../extension/host/tools/workspacePath.ts';
import { fixture } from '../../checkpoints.ts';
import { OPTIONS } from '../../engine.ts';
import { temporaryFolder } from '../../temporary.ts';
import manifest from '../../../package.json' with { type: 'json' };

const one: Folder[] = [{ name: 'w', path: '/w' }];
const two: Folder[] = [
  { name: 'models', path: '/w/models' },
  { name: 'out', path: '/data/out' },
];

describe('paths', () => {
  it.each([
    ['models/base', one, '/w/models/base'],
    ['./models/../base', one, '/w/base'],
    ['.', one, '/w'],
    ['/w/models/base', one, '/w/models/base'],
    ['w/base', one, '/w/w/base'],
    ['out/merged', two, '/data/out/merged'],
    ['models/a/../b', two, '/w/models/b'],
    ['/w/models/base', two, '/w/models/base'],
    ['..base', one, '/w/..base'],
  ])('takes %s', (path, folders, expected) => {
    expect(workspacePath(path, folders)).toBe(expected);
  });

  it.each([
    ['../secret', one],
    ['models/../../secret', one],
    ['/etc/passwd', one],
    ['/w/../etc', one],
    ['/workspace', one],
    ['base', two],
    ['models/../../data', two],
    ['/data', two],
  ])('refuses %s', (path, folders) => {
    expect(() => workspacePath(path, folders)).toThrow(`${path}: is not in the workspace; name a path in /w`);
  });

  it('says that no folder is open', () => {
    expect(() => workspacePath('base', [])).toThrow('no folder is open');
  });
});

describe('links', async () => {
  const root = await realpath(await temporaryFolder());
  const workspace = join(root, 'workspace');
  const folders: Folder[] = [{ name: 'w', path: join(root, 'by link') }];
  for (const name of ['workspace/models', 'home/.ssh']) await mkdir(join(root, name), { recursive: true });
  await symlink(workspace, join(root, 'by link'));
  await symlink('models', join(workspace, 'inside'));
  await symlink(join(root, 'home'), join(workspace, 'outside'));

  it.each([
    ['models', 'models'],
    ['inside/new.tvq', 'models/new.tvq'],
    ['inside/a/b/c', 'models/a/b/c'],
  ])('%s is %s', (path, expected) => {
    expect(workspacePath(path, folders)).toBe(join(workspace, expected));
  });

  it.each([
    ['outside', 'home'],
    ['outside/.ssh/new.tvq', 'home/.ssh/new.tvq'],
  ])('%s leads out of the workspace', (path, target) => {
    expect(() => workspacePath(path, folders)).toThrow(
      `${path}: leads to ${join(root, target)}, which is not in the workspace`,
    );
  });

  it('that change between the question and the deed are noticed', async () => {
    const input = { path: 'inside' };
    const confirmed = new Confirmed<string>();
    confirmed.ask(input, workspacePath('inside', folders));
    confirmed.check(input, workspacePath('inside', folders));
    await rm(join(workspace, 'inside'));
    await symlink('.', join(workspace, 'inside'));
    expect(() => confirmed.check(input, workspacePath('inside', folders))).toThrow(
      'no longer leads where it did',
    );
  });
});

describe('inspect', () => {
  it('takes a path in the workspace, or none', () => {
    expect(inspectedPath({}, one)).toBeUndefined();
    expect(inspectedPath({ path: 'a.tvq' }, one)).toBe('/w/a.tvq');
    expect(() => inspectedPath({ path: '/a.tvq' }, one)).toThrow('not in the workspace');
    expect(() => inspectedPath({ path: 7 }, one)).toThrow('not a string');
    expect(() => inspectedPath('a.tvq', one)).toThrow('not an object');
  });
});

describe('quantize', () => {
  const input = { base: 'base', tasks: [{ name: 'math', path: 'math' }], output: 'out.tvq' };

  it('fills in what the scheme has by default', () => {
    expect(quantizeRecipe(input, one)).toEqual({
      kind: 'quantize',
      base: '/w/base',
      tasks: [{ name: 'math', path: '/w/math' }],
      output: '/w/out.tvq',
      scheme: 'tvq',
      bits: 3,
      baseBits: 3,
      keepRule: 'vectors',
      keep: [],
      overwrite: false,
    });
    expect(quantizeRecipe({ ...input, scheme: 'rtvq', baseBits: 4 }, one)).toMatchObject({
      bits: 2,
      baseBits: 4,
    });
    expect(quantizeRecipe({ ...input, budget: '1.5bpw' }, one)).toMatchObject({ budget: '1.5bpw' });
  });

  it.each([
    [{ overwrite: true }, 'There is no field "overwrite"; the fields are base, tasks'],
    [{ scheme: 'int4' }, 'scheme'],
    [{ bits: 9 }, 'bits must be 1 to 8'],
    [{ output: 'out.safetensors' }, 'the output must end in .tvq'],
    [{ output: '../out.tvq' }, '../out.tvq: is not in the workspace'],
    [{ base: '/base' }, '/base: is not in the workspace'],
    [{ tasks: [{ name: 'math', path: '/math' }] }, '/math: is not in the workspace'],
    [{ tasks: [] }, 'name at least one task'],
    [{ budget: '1bpw', bits: 2 }, 'sets the bits itself'],
    [{ budget: '1bpw', scheme: 'rtvq', baseBits: 3 }, 'leave out "bits" and "baseBits"'],
    [{ budget: '1bpw', scheme: 'fq' }, 'needs scheme "tvq" or "rtvq"'],
  ])('refuses %j', (change, message) => {
    expect(() => quantizeRecipe({ ...input, ...change }, one)).toThrow(message);
  });

  it('makes a recipe that the engine plans, but not onto a file', async () => {
    const output = join(await temporaryFolder(), 'llama.tvq');
    const folders = [
      { name: 'llama', path: fixture('llama') },
      { name: 'out', path: join(output, '..') },
    ];
    const tasks = [{ name: 'math', path: 'llama/math' }];
    const asked = { base: 'llama/base', tasks, output: 'out/llama.tvq' };
    const planned = await plan(quantizeRecipe(asked, folders), OPTIONS);
    expect(planned).toMatchObject({ output, problems: [] });
    await writeFile(output, 'precious');
    const blocked = await plan(quantizeRecipe(asked, folders), OPTIONS);
    expect(blocked.problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining('exists') as string },
    ]);
  });
});

describe('merge', () => {
  const inputs = [
    { name: 'math', path: 'math' },
    { name: 'cars', path: 'vit.tvq', task: 'cars' },
  ];
  const input = { inputs, method: 'linear', output: 'merged' };

  it('never overwrites or resumes', () => {
    const recipe = mergeRecipe({ ...input, base: 'base', parameters: { normalize: false } }, one);
    expect(recipe).toMatchObject({
      base: '/w/base',
      inputs: [
        { name: 'math', path: '/w/math' },
        { name: 'cars', path: '/w/vit.tvq', task: 'cars' },
      ],
      parameters: { normalize: false },
      inputParameters: [{}, {}],
      output: '/w/merged',
      overwrite: false,
      resume: false,
      compare: [],
    });
    expect(mergeRecipe(input, one).base).toBeUndefined();
  });

  it.each([
    [{ overwrite: true }, 'There is no field "overwrite"'],
    [{ compare: [{ name: 'math', path: '/etc' }] }, 'There is no field "compare"'],
    [{ inputs: 'math' }, 'inputs "math": Invalid input: expected array'],
    [{ inputs: [inputs[0], inputs[0]] }, 'two inputs are named "math"'],
    [{ inputs: [{ name: 'math', path: '../math' }] }, '../math: is not in the workspace'],
    [{ inputParameters: [{ weight: 1 }] }, 'as many inputParameters as inputs'],
    [{ output: '/merged' }, '/merged: is not in the workspace'],
    [{ base: '/base' }, '/base: is not in the workspace'],
  ])('refuses %j', (change, message) => {
    expect(() => mergeRecipe({ ...input, ...change }, one)).toThrow(message);
  });

  it('makes a recipe that the engine plans', async () => {
    const output = join(await temporaryFolder(), 'merged');
    const folders = [
      { name: 'llama', path: fixture('llama') },
      { name: 'out', path: join(output, '..') },
    ];
    const models = ['math', 'code'].map(name => ({ name, path: `llama/${name}` }));
    const asked = { base: 'llama/base', inputs: models, method: 'ties', output: 'out/merged' };
    const recipe = mergeRecipe({ ...asked, parameters: { density: 0.5 } }, folders);
    const planned = await planMergeSummary(recipe, OPTIONS);
    expect(planned).toMatchObject({ output, problems: [], parameters: { density: 0.5 } });
  });
});

describe('the manifest', () => {
  const schemaOf = (tool: string) => {
    const found = manifest.contributes.languageModelTools.find(({ name }) => name === tool);
    return found?.inputSchema.properties as unknown as Record<string, { enum?: string[] }>;
  };

  it('describes the fields that there are', () => {
    expect(Object.keys(schemaOf('tvq_quantize_task_vectors')).sort()).toEqual([...QUANTIZE_FIELDS].sort());
    expect(Object.keys(schemaOf('tvq_merge_models')).sort()).toEqual([...MERGE_FIELDS].sort());
  });

  it('names every merge method', async () => {
    const { method } = schemaOf('tvq_merge_models');
    const names = METHODS.map(({ name }) => name);
    if (process.env.UPDATE_DOCS && method) {
      method.enum = names;
      const file = new URL('../../../package.json', import.meta.url);
      await writeFile(file, await format(JSON.stringify(manifest), { parser: 'json-stringify' }));
    }
    expect(method?.enum).toEqual(names);
  });
});
