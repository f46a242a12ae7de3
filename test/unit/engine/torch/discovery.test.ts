/** Files whose endings other programs use too: they count as weights only when their first bytes say so. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../../extension/formats/discover.ts';
import { isWeightName } from '../../../../extension/formats/huggingface/weightNames.ts';
import { WATCHED_FILES, WEIGHT_FORMATS } from '../../../../extension/formats/registry.ts';
import { unopenedModels } from '../../../../extension/host/unopenedModels.ts';
import { fixture } from '../../../checkpoints.ts';
import { temporaryPaths } from '../../../temporary.ts';
import manifest from '../../../../package.json' with { type: 'json' };

const newPath = await temporaryPaths();
const MODEL = 'torch/state_dict.pt';

/** A folder of copies of fixtures, and of texts. */
async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = newPath();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    if (typeof content === 'string' && /^torch/.test(content)) await cp(fixture(content), join(path, name));
    else await writeFile(join(path, name), content);
  }
  return path;
}

const scan = async (path: string, names: readonly string[]) => {
  const found = await summarizeCheckpoints(names.map(name => join(path, name)));
  return {
    checkpoints: found.checkpoints.map(({ path: one }) => basename(one)),
    failures: found.failures.map(({ path: one, message }) =>
      message.replace(`${one}: `, `${basename(one)}: `),
    ),
  };
};

test('what is not recognised is passed over, and said to be what it is when it is named', async () => {
  const files = {
    'a.pt': MODEL,
    'legacy.bin': 'torch/legacy.pth',
    'tokenizer.bin': 'words words words',
    'program.bin': new Uint8Array(3000).fill(7),
    'list.pt': 'torch-made/refused-list.pt',
    'half.ckpt': Buffer.from('PK\x03\x04'),
  };
  const path = await folder(files);
  expect(await scan(path, Object.keys(files))).toEqual({ checkpoints: ['a.pt', 'legacy.bin'], failures: [] });
  for (const [name, message] of [
    ['tokenizer.bin', 'a text that begins with "words words words", not weights'],
    ['program.bin', 'not weights; a file of torch.save, safetensors or another format was expected'],
    ['list.pt', 'it holds a list, without tensors of a model'],
    ['half.ckpt', 'not a valid PyTorch file: the zip archive has no end; was the download finished?'],
  ] as const) {
    await expect(openCheckpoint(join(path, name))).rejects.toThrow(`${join(path, name)}: ${message}`);
    const named = await summarizeCheckpoints([join(path, name)], true);
    expect(named.failures).toMatchObject([{ message: expect.stringContaining(message) as string }]);
  }
});

test('weights that cannot be read are reported: by names that only weights have, or by how they begin', async () => {
  const path = await folder({
    'x/pytorch_model.bin': 'version https://git-lfs.github.com/spec/v1\n',
    'y.pt': 'torch/malicious.pt',
  });
  const { checkpoints, failures } = await scan(path, ['x/pytorch_model.bin', 'y.pt']);
  expect(checkpoints).toEqual([]);
  expect(failures).toEqual([
    expect.stringContaining('pytorch_model.bin: a git-lfs pointer, not the file itself'),
    expect.stringContaining('y.pt: its pickle asks for posix.system'),
  ]);
});

test('a model among the files of its training, and of its tokenizer', async () => {
  const training = [
    'optimizer.pt',
    'scheduler.pt',
    'rng_state.pth',
    'rng_state_0.pth',
    'training_args.bin',
    'scaler.pt',
  ];
  const path = await folder({
    'config.json': '{}',
    'weights.pt': MODEL,
    'vocab.bin': 'words',
    ...Object.fromEntries(training.map(name => [name, 'torch-made/only-optimizer.pt'])),
  });
  expect(training.filter(isWeightName)).toEqual([]);
  expect((await openCheckpoint(path)).files).toEqual([join(path, 'weights.pt')]);
});

test('of safetensors and PyTorch in a folder the first is read', async () => {
  const path = await folder({
    'pytorch_model.bin': MODEL,
    'model.safetensors': 'torch/expected.safetensors',
    'config.json': '{}',
  });
  expect((await openCheckpoint(path)).files).toEqual([join(path, 'model.safetensors')]);
  expect(await scan(path, ['pytorch_model.bin', 'model.safetensors'])).toEqual({
    checkpoints: [basename(path)],
    failures: [],
  });
});

test('a folder whose only such file is none says what it is', async () => {
  const path = await folder({ 'vocab.bin': 'words words words' });
  await expect(openCheckpoint(path)).rejects.toThrow(
    `${path}: no weights in this folder; vocab.bin: a text that begins with "words words words"`,
  );
});

test('unopened, only names count that other files do not have', () => {
  const files = ['/w/a.bin', '/w/b.pt', '/m/pytorch_model.bin', '/s/x.safetensors'];
  expect(unopenedModels(files.map(path => ({ path, bytes: 1 }))).map(({ path }) => path)).toEqual([
    '/m',
    '/s/x.safetensors',
  ]);
});

test('every ending is watched, and has the commands of the explorer', () => {
  const endings = WEIGHT_FORMATS.flatMap(({ extensions }) => extensions);
  expect(WATCHED_FILES).toEqual(expect.arrayContaining(endings.map(ending => `*${ending}`)));
  const conditions = manifest.contributes.menus['explorer/context'].map(({ when }) => when);
  const patterns = conditions.flatMap(when => /resourceFilename =~ \/(.+?)\/ /.exec(when)?.[1] ?? []);
  expect(patterns.length).toBeGreaterThan(2);
  for (const pattern of patterns)
    expect(endings.filter(ending => !new RegExp(pattern).test(`x${ending}`))).toEqual([]);
});
