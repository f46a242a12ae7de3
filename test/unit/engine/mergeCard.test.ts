import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { copyCompanions } from '../../../extension/engine/merge/output/copyCompanions.ts';
import { editConfig, writtenDtype } from '../../../extension/engine/merge/output/config.ts';
import { readFrontMatter } from '../../../extension/engine/merge/output/frontMatter.ts';
import { combineLicences } from '../../../extension/engine/merge/output/licence.ts';
import { printable } from '../../../extension/shared/printable.ts';
import { codeBlock, escapeText, inlineCode } from '../../../extension/shared/markdown.ts';
import { modelCard, type ModelCardInfo } from '../../../extension/engine/merge/output/modelCard.ts';
import { readModelSource, type ModelSource } from '../../../extension/engine/merge/output/modelSource.ts';
import { methodNamed } from '../../../extension/engine/merge/methods/registry.ts';
import { fixture } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
let folder: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, String(count++), 'model');
  await mkdir(folder, { recursive: true });
});

/** Weights of one dtype. */
const BF16 = { tensors: [{ name: 'w', dtype: 'BF16', shape: [4], bytes: 8 }] } as const;

const write = async (files: Readonly<Record<string, string>>, to = folder) => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    await writeFile(join(to, name), text);
  }
};

describe('config', () => {
  const F16 = { dtype: 'F16', uniform: true } as const;

  test('only the dtypes change, not a byte of the rest', async () => {
    const config = await readFile(join(fixture('llama/base'), 'config.json'), 'utf8');
    expect(editConfig(config, F16)).toBe(config.replace('bfloat16', 'float16'));
    const odd = '{"theta": 10000.0, "limit": [0.0, Infinity], "big": 1000000000000000019884624838656}';
    expect(editConfig(odd, F16)).toBe(odd);
    const strings = String.raw`{"a": "\", \"dtype\": 1", "b": ["dtype", "x"], "dtype": "\\" }`;
    expect(editConfig(strings, F16)).toBe(strings.replace(String.raw`"\\" }`, '"float16" }'));
  });

  test('every key that is there is set, in parts too when all weights have one dtype', () => {
    const config = (dtype: string, part: string) =>
      `{"torch_dtype": ${dtype}, "dtype": ${dtype}, "text_config": {"dtype": ${part}},` +
      ' "quantization_config": {"dtype": "int8"}, "other": {"dtype": "x"}}';
    const half = '"float16"';
    expect(editConfig(config('null', '"float32"'), F16)).toBe(config(half, half));
    expect(editConfig(config('null', '"float32"'), { ...F16, uniform: false })).toBe(
      config(half, '"float32"'),
    );
  });

  test.each([
    ['cut off', '{"dtype": "float32"'],
    ['a list', '[1]'],
    ['a value', '"dtype"'],
    ['two objects', '{} {}'],
    ['empty', ''],
    ['nested without end', '{"a":'.repeat(100_000)],
    ['a string without end', `{"dtype": "${String.raw`\n`.repeat(1_000_000)}`],
    ['endless', `{"dtype": "${'x'.repeat(9_000_000)}"}`],
  ])('%s is no config', (_, text) => {
    expect(editConfig(text, F16)).toBeUndefined();
  });

  test('the dtype of most weights counts', () => {
    const tensor = (dtype: 'F32' | 'BF16' | 'I64', bytes: number) => ({ name: 'x', dtype, shape: [], bytes });
    expect(writtenDtype([tensor('I64', 80), tensor('F32', 8), tensor('BF16', 10)])).toEqual({
      dtype: 'BF16',
      uniform: false,
    });
    expect(writtenDtype([tensor('F32', 8), tensor('I64', 80)])).toEqual({ dtype: 'F32', uniform: true });
    expect(writtenDtype([tensor('I64', 8)])).toBeUndefined();
  });
});

describe('companions', () => {
  test('what belongs to the model goes along, what belongs to the weights does not', async () => {
    const companions = {
      'config.json': '{"dtype": "float32"}',
      'generation_config.json': '{}',
      'tokenizer.json': '{}',
      'tokenizer.model': 'x',
      'vocab.json': '{}',
      'merges.txt': 'a b',
      'chat_template.jinja': '{{ x }}',
      'additional_chat_templates/tool.jinja': '{{ y }}',
      'preprocessor_config.json': '{}',
      'modeling_own.py': 'pass',
      LICENSE: 'text',
      'USE_POLICY.md': 'text',
    };
    await write({
      ...companions,
      'model.safetensors.index.json': '{}',
      'pytorch_model.bin.index.json': '{}',
      'pytorch_model.bin': 'weights',
      'README.md': 'text',
      'readme.txt': 'text',
      '.hidden.json': '{}',
      'trainer_state.json': '{}',
      'eval_results.json': '{}',
      'merge-report.json': '{}',
      'adapter_config.json': '{}',
      'folder.json/x': '',
      'additional_chat_templates/notes.md': '',
    });
    await symlink('gone', join(folder, 'gone.json'));
    const to = join(folder, '..', 'to');
    await mkdir(to);
    const { files, warnings } = await copyCompanions(folder, to, BF16);
    expect(files.map(({ name }) => name).sort()).toEqual(Object.keys(companions).sort());
    expect(warnings).toEqual([]);
    expect(await readFile(join(to, 'config.json'), 'utf8')).toBe('{"dtype": "bfloat16"}');
    expect(await readFile(join(to, 'additional_chat_templates/tool.jinja'), 'utf8')).toBe('{{ y }}');
  });

  test('large files and broken configs are reported', async () => {
    await write({ 'config.json': '{"dtype":', 'tokenizer.json': '' });
    await truncate(join(folder, 'tokenizer.json'), 65 << 20);
    const to = join(folder, '..', 'to');
    await mkdir(to);
    const { files, warnings } = await copyCompanions(folder, to, BF16);
    expect(files.map(({ name }) => name)).toEqual(['config.json']);
    expect(warnings).toEqual([
      expect.stringContaining('tokenizer.json: not copied, its 68.2 MB'),
      expect.stringContaining('its dtype could not be set'),
    ]);
    expect(await readFile(join(to, 'config.json'), 'utf8')).toBe('{"dtype":');
  });
});

describe('front matter', () => {
  test.each([
    ['before a text', '---\nlicense: mit\n---\n# x', ['mit']],
    ['from Windows', '\uFEFF---\r\nlicense: mit\r\n---', ['mit']],
    ['with a list', '---\nlicense:\n- mit\n- 7\n- "gpl-3.0" # both\ntags: [x]\n---\n', ['mit', 'gpl-3.0']],
    ['with an indented list', '---\nlicense:\n  - mit\n\n  - gpl-3.0\n---\n', ['mit', 'gpl-3.0']],
    ['with faults elsewhere', '---\na: [\nlicense: mit\nb: *c\n---\n', ['mit']],
    ['that is not at the top', '# x\n---\nlicense: mit\n---\n', []],
    ['without an end', '---\nlicense: mit\n', []],
    ['that is a list', '---\n- license: mit\n---\n', []],
    ['with a map', '---\nlicense: {a: b}\n---\n', []],
    ['that is no YAML', '---\nlicense: [\n---\n', []],
    ['with aliases', '---\nlicense: [&a x, *a]\n---\n', []],
    ['nested without end', `---\nlicense: ${'['.repeat(60_000)}\n---\n`, []],
    ['of bullets without end', `---\nlicense:\n  ${'- '.repeat(30_000)}\n---\n`, []],
    ['without measure', `---\nlicense: ${'x'.repeat(100_000)}\n---\n`, []],
  ])('%s', async (_, text, expected) => {
    await write({ 'README.md': text });
    expect((await readFrontMatter(folder))('license')).toEqual(expected);
  });

  test('none without a README.md', async () => {
    expect((await readFrontMatter(folder))('license')).toEqual([]);
    await mkdir(join(folder, 'README.md'));
    expect((await readFrontMatter(folder))('license')).toEqual([]);
  });
});

describe('sources', () => {
  const sourceOf = async (files: Readonly<Record<string, string>>) => {
    await write(files);
    return readModelSource('x', folder);
  };

  test("a folder of the Hub's cache tells its id and commit", async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const cached = join(folder, 'models--org--Some.Model-7B/snapshots', commit);
    await write({ 'README.md': '---\nbase_model: org/other\nlicense: MIT\n---\n' }, cached);
    expect(await readModelSource('x', cached)).toEqual({
      name: 'x',
      hubIds: ['org/Some.Model-7B'],
      revision: commit,
      licence: { ids: ['mit'], name: undefined, link: undefined },
    });
  });

  test.each([
    ['base_model: org/a', ['org/a']],
    ['base_model: [org/a, gpt2, org/a]', ['org/a', 'gpt2']],
    ['base_model: ["../x", "/home/me", "a/b/c", 7, "a--b/c"]', []],
  ])('front matter %s', async (line, ids) => {
    expect((await sourceOf({ 'README.md': `---\n${line}\n---\n` })).hubIds).toEqual(ids);
  });

  test.each([
    ['org/name', ['org/name']],
    ['/home/me/model', []],
    ['./model', []],
    ['output/model', []],
    ['test/unit', []], // a folder of this machine
    ['name', []],
  ])('_name_or_path %s', async (name, ids) => {
    const source = await sourceOf({ 'config.json': JSON.stringify({ _name_or_path: name }) });
    expect(source.hubIds).toEqual(ids);
  });

  test.each([
    [{ 'README.md': '---\nlicense: Apache-2.0\n---\n', LICENSE: 'MIT License' }, 'apache-2.0', undefined],
    [{ 'README.md': '---\nlicense: other\nlicense_name: own\n---\n' }, 'other', 'own'],
    [
      { 'README.md': '---\nlicense: unknown\n---\n', LICENSE: '   Apache License\n  Version 2.0' },
      'apache-2.0',
    ],
    [{ 'LICENSE.txt': 'META LLAMA 3 COMMUNITY LICENSE AGREEMENT' }, 'llama3'],
    [{ LICENCE: 'All rights reserved' }, 'other'],
    [{ 'README.md': '---\nlicense: "a b|c"\n---\n' }, undefined],
    [{}, undefined],
  ])('licence of %j', async (files: Record<string, string>, id?: string, name?: string) => {
    const { licence } = await sourceOf(files);
    expect(licence).toEqual(id === undefined ? undefined : { ids: [id], name, link: undefined });
  });

  test('a file that stands alone tells nothing', async () => {
    expect(await readModelSource('x', undefined)).toMatchObject({ hubIds: [], licence: undefined });
  });
});

const source = (name: string, licence?: string, hubIds: string[] = []): ModelSource => ({
  name,
  hubIds,
  revision: undefined,
  licence: licence === undefined ? undefined : { ids: [licence], name: undefined, link: undefined },
});

describe('licences', () => {
  test('one that all have is common', () => {
    expect(combineLicences([source('base', 'mit'), source('code', 'mit')])).toEqual({
      common: { ids: ['mit'], name: undefined, link: undefined },
      warning: undefined,
    });
  });

  test('an input that states none leaves nothing common, without a conflict', () => {
    expect(combineLicences([source('base', 'mit'), source('code')])).toEqual({});
  });

  test('different ones are named', () => {
    const sources = [source('base', 'mit'), source('code', 'gpl-3.0'), source('math', 'mit'), source('chat')];
    const { common, warning } = combineLicences(sources);
    expect(common).toBeUndefined();
    expect(warning).toContain('("base", "math": mit; "code": gpl-3.0)');
  });

  test('two unnamed other ones are not the same', () => {
    expect(combineLicences([source('a', 'other'), source('b', 'other')]).warning).toContain('differ');
  });
});

describe('Markdown', () => {
  test.each([
    ['a|b\n`c`', 'a\\|b\\\\n\\`c\\`'],
    ['-0.5 (default)', '-0.5 (default)'],
    ['---', '\\---'],
    ['<script>[x](y)', '\\<script\\>\\[x\\](y)'],
    ['\u202Eabc\u0000', '\\\\u202eabc\\\\x00'],
    [
      'https://evil.example www.evil.example me@evil.example',
      'https\\://evil.example www\\.evil.example me\\@evil.example',
    ],
    ['![x](command:y) &lt;', '\\!\\[x\\](command:y) \\&lt;'],
    ['- a', '\\- a'],
    ['1. a', '1\\. a'],
    ['Größe 日本 👩‍👩‍👧 (v1.5-final): yes', 'Größe 日本 👩‍👩‍👧 (v1.5-final): yes'],
  ])('text %j', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  test.each([
    ['a|b', '`a\\|b`'],
    ['a``b', '```a``b```'],
    ['`a', '`` `a ``'],
    ['', ''],
  ])('code %j', (text, escaped) => {
    expect(inlineCode(text)).toBe(escaped);
  });

  test('a block ends where it should', () => {
    expect(codeBlock('a: 1\n````\nb', 'yaml')).toBe('`````yaml\na: 1\n````\nb\n`````');
  });
});

describe('the model card', () => {
  const info: ModelCardInfo = {
    name: 'merged',
    recipe: {
      kind: 'merge',
      base: '/models/base',
      inputs: [
        { name: 'code|x', path: '/models/code', task: undefined },
        { name: 'math', path: '/models/tasks.tvq', task: 'ma|th' },
      ],
      method: 'ties',
      parameters: { weight: 0.5, trim: 'tensor' },
      inputParameters: [
        {
          weight: [
            { filter: 'mlp', value: [0, 1] },
            { filter: undefined, value: 2 },
          ],
        },
        {},
      ],
      lines: { alpha: 0.2, beta: 0.8 },
      output: '/models/merged',
      dtype: undefined,
      onMismatch: 'error',
      shardBytes: 5e9,
      overwrite: false,
      resume: false,
      allowNonfinite: false,
      text: undefined,
      compare: [],
    },
    recipeText: 'merge_method: ties\n# ```\n',
    method: methodNamed('ties'),
    base: { source: source('base', 'mit', ['org/base']), fingerprint: 'aa' },
    inputs: [
      { source: source('code|x', 'mit', ['org/code', 'org/base']), fingerprint: 'bb' },
      { source: source('math', 'mit'), fingerprint: 'cc' },
    ],
    dtype: 'BF16',
    files: [
      { name: 'model.safetensors', bytes: 1234, sha256: 'd'.repeat(64) },
      { name: 'config.json', bytes: 12, sha256: 'e'.repeat(64) },
    ],
    created: new Date(0),
  };
  const frontMatterOf = (card: string) => parse(card.split('---\n')[1] as string) as unknown;

  test('its front matter is what the Hub reads', () => {
    expect(frontMatterOf(modelCard(info))).toEqual({
      license: 'mit',
      library_name: 'transformers',
      base_model: ['org/base', 'org/code'],
      base_model_relation: 'merge',
      tags: ['merge', 'tvq-studio'],
    });
  });

  test('what is not known is left out', () => {
    const inputs = [{ source: source('code', 'gpl-3.0'), fingerprint: 'bb' }];
    const base = { source: source('base', 'mit'), fingerprint: 'aa' };
    const card = modelCard({ ...info, inputs, base, files: [] });
    expect(frontMatterOf(card)).toEqual({ tags: ['merge', 'tvq-studio'] });
    expect(card).toContain('The licences of the inputs differ ("base": mit; "code": gpl-3.0)');
  });

  test('it names every parameter, default or not, and every input', () => {
    const rows = modelCard(info)
      .split('\n')
      .filter(line => line.startsWith('| '));
    expect(rows).toContainEqual(expect.stringMatching(/^\| `scale` \| 1 \(default\) \| What/));
    expect(rows).toContainEqual(expect.stringMatching(/^\| `trim` \| tensor \| /));
    expect(rows).toContainEqual(expect.stringMatching(/^\| `merge` \| mean \(default\) \| /));
    expect(rows).toContain('| `dtype` | BF16 | Dtype of the merged weights. |');
    expect(rows).toContainEqual(expect.stringMatching(/^\| `lines` \| alpha 0.2, beta 0.8 \| /));
    expect(rows).toContain('| Input | Model | Task | Fingerprint | Licence | `weight` | `density` |');
    expect(rows).toContain('| base | `org/base` |  | `aa` | mit |  |  |');
    expect(rows).toContain(
      '| code\\|x | `org/code`, `org/base` |  | `bb` | mit | [0, 1] where "mlp" occurs, else 2 | 0.2 (default) |'.replace(
        '[0, 1]',
        '\\[0, 1\\]',
      ),
    );
    expect(rows).toContain('| math |  | ma\\|th | `cc` | mit | 0.5 | 0.2 (default) |');
    expect(rows).toContain(`| \`model.safetensors\` | 1.23 kB | \`${'d'.repeat(64)}\` |`);
  });

  test('the recipe stands in it word for word', () => {
    expect(modelCard(info)).toContain('\n````yaml\nmerge_method: ties\n# ```\n````\n');
  });

  test('a recipe with what cannot be seen stands in it so that it makes the same', () => {
    const recipeText = '\ufeffmodels:\r\n  - model: a\u202egnp\r\n  - model: "\\e[31m"\r\n# \u202e\r\n';
    const card = modelCard({ ...info, name: 'a\n## b', recipeText });
    expect(card).toContain('\n# a\\\\n\\#\\# b\n');
    for (const line of card.split('\n')) expect(printable(line)).toBe(line);
    const written = /```yaml\n([^]*?)```/.exec(card)?.[1] ?? '';
    expect(parse(written)).toEqual({ models: [{ model: 'a\u202egnp' }, { model: '\u001b[31m' }] });
  });
});
