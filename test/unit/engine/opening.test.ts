/** Paths that are no checkpoint: what they are instead, and the way out, in one line. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, openModel } from '../../../extension/engine/checkpoint/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/engine/checkpoint/discover.ts';
import { readJson } from '../../../extension/engine/checkpoint/smallFile.ts';
import { f32, writeSafetensors } from '../../checkpoints.ts';
import { temporaryPaths } from '../../temporary.ts';

const newPath = await temporaryPaths();
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 4976698672\n`;
const tensor = f32([2, 3], i => i);

/** Writes files below a new folder; a list of names is a weight file with these tensors. */
async function tree(
  files: Readonly<Record<string, string | Uint8Array | readonly string[]>>,
): Promise<string> {
  const path = newPath();
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(file, content);
    else await writeSafetensors(file, Object.fromEntries(content.map(one => [one, tensor])));
  }
  return path;
}

describe('a file that is something else', () => {
  const zip = (name: string) =>
    Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name), Buffer.alloc(600)]);
  test.each<[string, string | Uint8Array, string]>([
    ['a pointer', POINTER, 'a git-lfs pointer, not the file itself; run `git lfs pull`'],
    [
      'a web page',
      '<!DOCTYPE html>\n<html><head>',
      'a web page (HTML), not weights; download the file again',
    ],
    ['a web page with a mark', '\ufeff \n<html lang="en">', 'a web page (HTML)'],
    ['a JSON error', '{"error":"Invalid credentials"}', 'a JSON text that begins with "{\\"error\\":'],
    ['an S3 error', '<?xml version="1.0"?><Error><Code>AccessDenied</Code>', 'an XML message (AccessDenied)'],
    ['a line of text', 'Entry not found', 'a text that begins with "Entry not found"'],
    ['a gzip file', gzipSync(Buffer.alloc(99)), 'compressed with gzip'],
    ['a PyTorch zip', zip('archive/data.pkl'), 'a PyTorch file (zip with a pickle)'],
    ['another zip', zip('model.safetensors'), 'a zip archive; unpack it first'],
    [
      'a pickle',
      Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'),
      'a PyTorch file (pickle)',
    ],
    ['a GGUF file', 'GGUF\x03\0\0\0\x10\0\0\0', 'a GGUF file'],
    ['zeros', new Uint8Array(4096), 'it begins with zeros only; was the download finished?'],
    ['nothing', '', 'the file is empty; was the download finished?'],
  ])('%s', async (_, content, message) => {
    const path = await tree({ 'model.safetensors': content });
    await expect(openCheckpoint(path)).rejects.toThrow(`${join(path, 'model.safetensors')}: ${message}`);
  });

  test('an index that is a pointer, or a web page', async () => {
    const shards = { 'm-00001-of-00001.safetensors': ['a'] };
    const pointer = await tree({ ...shards, 'model.safetensors.index.json': POINTER });
    await expect(openCheckpoint(pointer)).rejects.toThrow('index.json: a git-lfs pointer');
    const page = await tree({ ...shards, 'model.safetensors.index.json': '<html>' });
    await expect(openCheckpoint(page)).rejects.toThrow('not a valid shard index: it is a web page');
  });

  test('a config and a tokenizer that are pointers are noted', async () => {
    const path = await tree({
      'model.safetensors': ['a'],
      'config.json': '{}',
      'tokenizer.json': POINTER,
      'tokenizer.model': POINTER,
    });
    expect((await openCheckpoint(path)).notes).toEqual([
      `${path}: tokenizer.json, tokenizer.model are git-lfs pointers, not the files themselves; run \`git lfs pull\` there`,
    ]);
  });

  test.each([
    ['a.gguf', 'GGUF files are not read'],
    ['pytorch_model.bin', 'PyTorch pickles are not read'],
    ['model.safetensors.part', 'a download that was not finished'],
    ['weights', 'not a checkpoint; a .safetensors file or a folder with one was expected'],
  ])('%s by its name', async (name, message) => {
    const path = await tree({ [name]: 'x' });
    await expect(openCheckpoint(join(path, name))).rejects.toThrow(message);
  });

  test.skipIf(process.platform === 'win32')('a pipe is refused before it is opened', async () => {
    const path = await tree({});
    execFileSync('mkfifo', [join(path, 'model.safetensors'), join(path, 'x.json')]);
    const message = 'this is a device, pipe or socket, a file was expected';
    await expect(openCheckpoint(path)).rejects.toThrow(message);
    await expect(readJson(join(path, 'x.json'), 100)).rejects.toThrow(message);
  });

  test('JSON that is too large, or in UTF-32', async () => {
    const path = await tree({
      'a.json': '[1, 2, 3]',
      'b.json': Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b),
    });
    await expect(readJson(join(path, 'a.json'), 8)).rejects.toThrow('it has 9 bytes, at most 8 are allowed');
    await expect(readJson(join(path, 'b.json'), 99)).rejects.toThrow('its text is UTF-32; save it as UTF-8');
  });
});

describe('a folder without weights of its own', () => {
  test('a pipeline names its models', async () => {
    const path = await tree({
      'model_index.json': '{}',
      'unet/diffusion_pytorch_model.fp16.safetensors': ['a'],
      'vae/diffusion_pytorch_model.safetensors': ['a'],
      'scheduler/scheduler_config.json': '{}',
    });
    await expect(openCheckpoint(path)).rejects.toThrow(
      'a pipeline of several models; name one of its folders: unet, vae',
    );
  });

  test('folders of checkpoints are named in their order', async () => {
    const path = await tree({
      'checkpoint-1000/model.safetensors': ['a'],
      'checkpoint-500/model.safetensors': ['a'],
      'logs/events.txt': '',
    });
    await expect(openCheckpoint(path)).rejects.toThrow(
      'name a folder in it: checkpoint-500, checkpoint-1000',
    );
  });

  test("the top of a model in the Hub's cache opens its snapshot", async () => {
    const path = join(await tree({}), 'models--org--name');
    for (const commit of ['aaa', 'bbb']) {
      await mkdir(join(path, 'snapshots', commit), { recursive: true });
      await writeSafetensors(join(path, 'snapshots', commit, 'model.safetensors'), { [commit]: tensor });
    }
    await expect(openCheckpoint(path)).rejects.toThrow('2 snapshots (aaa, bbb); name one of them');
    await mkdir(join(path, 'refs'));
    await writeFile(join(path, 'refs', 'main'), 'bbb\n');
    for (const named of [path, join(path, 'snapshots')]) {
      const { tensors, notes } = await openCheckpoint(named);
      expect([...tensors.keys()]).toEqual(['bbb']);
      expect(notes).toEqual([`${named}: its snapshot bbb is read`]);
    }
    await expect(openCheckpoint(dirname(path))).rejects.toThrow('name a folder in it: models--org--name');
  });

  test('a download that was not finished', async () => {
    const path = await tree({ 'config.json': '{}', 'model.safetensors.crdownload': 'x' });
    await expect(openCheckpoint(path)).rejects.toThrow(
      'model.safetensors.crdownload shows that its download',
    );
  });
});

describe('adapters', () => {
  const PLAIN = 'base_model.model.model.layers.0.self_attn.q_proj';
  test.each([
    [[`${PLAIN}.lora_A.weight`, `${PLAIN}.lora_B.weight`], 'a LoRA adapter (PEFT, rank 2)'],
    [[`${PLAIN}.lora_A.default.weight`, `${PLAIN}.lora_B.default.weight`], 'a LoRA adapter (PEFT, rank 2)'],
    [
      ['base_model.model.embed.lora_embedding_A', 'base_model.model.embed.lora_embedding_B'],
      'a LoRA adapter (PEFT, rank 2)',
    ],
    [[`${PLAIN}.lora_A.weight`, `${PLAIN}.lora_magnitude_vector`], 'a DoRA adapter (PEFT, rank 2)'],
    [
      [
        'lora_unet_mid_block_proj_in.lora_down.weight',
        'lora_unet_mid_block_proj_in.lora_up.weight',
        'lora_unet_mid_block_proj_in.alpha',
      ],
      'a LoRA adapter (kohya, rank 2)',
    ],
    [
      ['unet.mid_block.to_q.lora.down.weight', 'unet.mid_block.to_q.lora.up.weight'],
      'a LoRA adapter (diffusers, rank 2)',
    ],
    [
      ['unet.mid.to_q_lora.down.weight', 'unet.mid.to_q_lora.up.weight'],
      'a LoRA adapter (diffusers, rank 2)',
    ],
    [['text_encoder.q_proj.lora_linear_layer.down.weight'], 'a LoRA adapter (diffusers, rank 2)'],
    [['lora_unet_x.hada_w1_a', 'lora_unet_x.hada_w1_b', 'lora_unet_x.alpha'], 'a LoHa adapter'],
    [['lycoris_x.lokr_w1', 'lycoris_x.lokr_w2', 'lycoris_x.alpha'], 'a LoKr adapter'],
    [[`${PLAIN}.ia3_l`], 'an (IA)³ adapter (PEFT)'],
    [[`${PLAIN}.oft_r`], 'an OFT adapter'],
    [[`${PLAIN}.boft_R`, `${PLAIN}.boft_s`], 'a BOFT adapter (PEFT)'],
    [['prompt_embeddings'], 'a prompt-tuning adapter (PEFT)'],
  ])('%j', async (names, what) => {
    const path = await tree({ 'renamed.safetensors': names });
    const file = join(path, 'renamed.safetensors');
    for (const named of [path, file])
      await expect(openModel(named)).rejects.toThrow(`${file}: ${what}, not a whole checkpoint; `);
    expect((await openCheckpoint(file)).adapter?.what).toBe(what);
    expect(await summarizeCheckpoints([file])).toEqual({
      checkpoints: [],
      failures: [],
      adapters: [{ path: file, message: expect.stringContaining(what) as string }],
    });
  });

  test('a folder of an adapter whose tensors have ordinary names', async () => {
    const path = await tree({
      'adapter_model.safetensors': ['base_model.model.norm.weight'],
      'adapter_config.json': '{"peft_type": "LN_TUNING"}',
    });
    await expect(openModel(path)).rejects.toThrow('an LN_TUNING adapter, not a whole checkpoint');
  });

  test.each([
    [
      'base layers',
      [`${PLAIN}.base_layer.weight`, `${PLAIN}.lora_A.default.weight`, `${PLAIN}.lora_B.default.weight`],
    ],
    ['the weights it changes', [`${PLAIN}.weight`, `${PLAIN}.lora_A.weight`, `${PLAIN}.lora_B.weight`]],
    [
      'parametrizations',
      [
        'q.parametrizations.weight.original',
        'q.parametrizations.weight.0.lora_A',
        'q.parametrizations.weight.0.lora_B',
      ],
    ],
  ])('inside a whole model, beside %s, are noted', async (_, names) => {
    const path = await tree({ 'model.safetensors': names });
    const { notes, adapter } = await openModel(path);
    expect(adapter).toBeUndefined();
    expect(notes).toEqual([
      expect.stringContaining(`${path}: holds a LoRA adapter (PEFT, rank 2) beside the weights`),
    ]);
  });

  test('names that only sound like one', async () => {
    const path = await tree({
      'model.safetensors': ['flora_a.weight', 'lora.weight', 'alpha', 'q_a_proj.weight', 'soft_r'],
    });
    expect(await openModel(path)).toMatchObject({ notes: [], adapter: undefined, name: basename(path) });
  });
});
