/** Paths that are not a checkpoint: what they are instead, and the remedy, in one line. */
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, openModel } from '../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { readJson } from '../../../extension/formats/smallFile.ts';
import { ADAPTERS } from '../../../extension/protocol/checkpoints.ts';
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
    [
      'half a PyTorch file',
      zip('archive/data.pkl'),
      'not a valid PyTorch file: the zip archive has no end; was the',
    ],
    ['another zip', zip('model.safetensors'), 'a zip archive; unpack it first'],
    [
      'a part of an older PyTorch file',
      Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'),
      'it ends within a pickle; was the download finished?',
    ],
    ['a pickle', Buffer.from('\x80\x02}q\x00.', 'latin1'), 'a Python pickle despite its name; save'],
    ['a part of a GGUF file', 'GGUF\x03\0\0\0\x10\0\0\0', 'not a valid GGUF file: '],
    ['zeros', new Uint8Array(4096), 'it begins with nothing but zeros; was the download finished?'],
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

  const again = 'not the file itself; download the file again, signed in if necessary';
  test.each<[string, string, string | Uint8Array, string]>([
    ['a page', 'config.json', '<!DOCTYPE html><html>Sign in', `a web page (HTML), ${again}`],
    ['a page', 'tokenizer.model', '<html>', `a web page (HTML), ${again}`],
    [
      'an XML message',
      'vocab.json',
      '<?xml?><Code>AccessDenied</Code>',
      `an XML message (AccessDenied), ${again}`,
    ],
    [
      'an error',
      'config.json',
      '{"error":"Access is restricted."}',
      `a server's message ("Access is restricted."), ${again}`,
    ],
    ['nothing', 'tokenizer.json', '', 'the file is empty; was the download finished?'],
    [
      'zeros',
      'config.json',
      new Uint8Array(99),
      'the file begins with nothing but zeros; was the download finished?',
    ],
    ['Latin-1', 'config.json', Buffer.from('{"a": "é"}', 'latin1'), 'it is not UTF-8 text; save it as UTF-8'],
    [
      'UTF-32',
      'config.json',
      Uint8Array.of(0, 0, 0, 0x7b, 0, 0, 0, 0x7d),
      'its text is UTF-32; save it as UTF-8',
    ],
    ['gzip', 'tokenizer_config.json', gzipSync('{}'), 'compressed with gzip; decompress it first'],
    [
      'a comma',
      'generation_config.json',
      '{"a": 1,}',
      'not valid JSON: Expected double-quoted property name',
    ],
    [
      'depth',
      'config.json',
      `{"a":${'['.repeat(64)}${']'.repeat(64)}}`,
      'it nests deeper than 64 levels; correct it',
    ],
    ['a list', 'config.json', '[]', 'it is not a JSON object; download the file again'],
    [
      'a large file',
      'tokenizer.json',
      `{"a":"${'x'.repeat(3 << 20)}`,
      'it is cut off before the end of its JSON',
    ],
    [
      'a large config',
      'config.json',
      `{"a":"${'x'.repeat(9 << 20)}"}`,
      'it has 9437192 bytes, a config at most 8388608',
    ],
  ])('%s in place of %s is noted', async (_, name, content, message) => {
    const path = await tree({ 'model.safetensors': ['a'], [name]: content });
    const { notes, unreadable } = await openModel(path);
    expect(notes).toEqual([expect.stringContaining(`${join(path, name)}: ${message}`)]);
    expect(unreadable).toEqual([{ names: [name], message: notes[0] }]);
  });

  test('files that are as they should be are not', async () => {
    const path = await tree({
      'model.safetensors': ['a'],
      'config.json': '\ufeff{"eps": NaN}',
      'tokenizer.json': `{"a":"${'x'.repeat(3 << 20)}"}\n`,
      'vocab.json': '{"error": 7}',
      'vocab.txt': '<pad>\n<s>',
      'chat_template.jinja': '',
      'adapter_config.json': '{',
      'notes.json': 'none',
      'model.safetensors.index.fp16.json': POINTER,
    });
    expect((await openModel(path)).unreadable).toEqual([]);
  });

  test.each([
    ['a.gguf', 'not a valid GGUF file: it does not begin with "GGUF"'],
    ['pytorch_model.bin', 'not weights; a file of torch.save'],
    ['model.safetensors.part', 'an unfinished download'],
    [
      'weights',
      'not a checkpoint; a file of weights (.safetensors, .bin, .pt …) or a folder with one was expected',
    ],
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

  test("a link to a file that was not downloaded, and a place inside of the Hub's cache", async () => {
    const path = join(await tree({}), 'models--org--name');
    const snapshot = join(path, 'snapshots', 'aaa');
    await mkdir(join(path, 'blobs'), { recursive: true });
    await mkdir(snapshot, { recursive: true });
    const whole = await tree({ 'model.safetensors': ['a'] });
    await symlink('../../blobs/4d4d', join(whole, 'config.json'));
    expect((await openModel(whole)).notes).toEqual([
      `${join(whole, 'config.json')}: a link to a file that does not exist; was the download finished?`,
    ]);
    await symlink('../../blobs/4d4d', join(snapshot, 'model.safetensors'));
    const file = join(snapshot, 'model.safetensors');
    for (const named of [snapshot, file])
      await expect(openCheckpoint(named)).rejects.toThrow(
        `${file}: a link to a file that does not exist; was the download finished?`,
      );
    await writeFile(join(path, 'blobs', '4d4d.incomplete'), '');
    await expect(openCheckpoint(file)).rejects.toThrow(
      '4d4d.incomplete shows that its download was not finished; run it again',
    );
    await writeFile(join(path, 'blobs', '5e5e'), '');
    for (const named of [join(path, 'blobs'), join(path, 'blobs', '5e5e')])
      await expect(openCheckpoint(named)).rejects.toThrow(`name the model's snapshot: ${snapshot}`);
  });

  test('a pipeline of PyTorch files', async () => {
    const path = await tree({
      'model_index.json': '{}',
      'unet/diffusion_pytorch_model.bin': 'x',
      'text_encoder/pytorch_model.bin': 'x',
    });
    await expect(openCheckpoint(path)).rejects.toThrow(
      'a pipeline of several models; name one of its folders: text_encoder, unet',
    );
  });

  test('an unfinished download', async () => {
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
    [['prompt_encoder.default.embedding.weight'], 'a prompt-tuning adapter (PEFT)'],
    [['model.layers.0.q_proj.lora_a', 'model.layers.0.q_proj.lora_b'], 'a LoRA adapter (mlx-lm, rank 3)'],
    [[`${PLAIN}.poly_lora_A`, `${PLAIN}.poly_lora_B`], 'a Poly adapter (PEFT, rank 2)'],
    [['base_model.internal_xlora_classifier.layers.0.weight'], 'an X-LoRA adapter (PEFT)'],
    [['lora_unet_x.a1.weight', 'lora_unet_x.b2.weight'], 'a GLoRA adapter (LyCORIS)'],
    [['lycoris_x.diff', 'lycoris_x.diff_b', 'lycoris_y.w_norm'], 'a full-difference adapter (LyCORIS)'],
    [['diffusion_model.blocks.0.norm.diff'], 'a full-difference adapter (LyCORIS)'],
    [['lora_controlnet', 'input_blocks.0.0.weight', 'x.up', 'x.down'], 'a Control-LoRA adapter (ComfyUI)'],
    [['emb_params'], 'a textual-inversion adapter'],
    [['clip_l', 'clip_g'], 'a textual-inversion adapter'],
  ])('%j', async (names, what) => {
    const path = await tree({ 'renamed.safetensors': names });
    const file = join(path, 'renamed.safetensors');
    for (const named of [path, file])
      await expect(openModel(named)).rejects.toThrow(`${file}: ${what}, not a whole checkpoint; `);
    const applicable = /^an? (LoRA|DoRA|LoHa|LoKr|full-difference) /.test(what);
    expect((await openCheckpoint(file)).adapter).toMatchObject({ what, applicable });
    const { checkpoints, adapters, ...others } = await summarizeCheckpoints([file]);
    expect(others).toEqual({ failures: [], stops: [] });
    // One that can be applied is listed as a fine-tuned model, for any base.
    if (applicable) expect(checkpoints).toMatchObject([{ adapter: what, architecture: ADAPTERS }]);
    else expect(adapters).toEqual([{ path: file, message: expect.stringContaining(what) as string }]);
    expect(checkpoints.length + adapters.length).toBe(1);
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
  ])('inside a whole model, beside %s', async (_, names) => {
    const path = await tree({ 'model.safetensors': names });
    await expect(openModel(path)).rejects.toThrow(
      `${path}: holds a LoRA adapter (PEFT, rank 2) beside the weights that it changes; ` +
        'merge it into its base model first (merge_and_unload), and save it again',
    );
    expect(await summarizeCheckpoints([join(path, 'model.safetensors')])).toMatchObject({
      checkpoints: [],
      adapters: [{ message: expect.stringContaining('beside the weights that it changes') as string }],
    });
  });

  test('modules that were saved whole make no model of one', async () => {
    const path = await tree({
      'lora.safetensors': [
        `${PLAIN}.lora_A.weight`,
        `${PLAIN}.lora_B.weight`,
        ...['lm_head', 'model.embed_tokens', 'model.norm'].map(name => `base_model.model.${name}.weight`),
      ],
    });
    await expect(openModel(path)).rejects.toThrow('(PEFT, rank 2), not a whole checkpoint');
  });

  test('names that only sound like one', async () => {
    const path = await tree({
      'model.safetensors': [
        ...['flora_a.weight', 'lora.weight', 'alpha', 'q_a_proj.weight', 'soft_r', 'x.a1.weight', 'x.diff'],
        ...['prompt_encoder.mask_embed.conv1.weight', 'prompt_encoder.not_a_point_embed.weight', 'clip_l.x'],
      ],
    });
    expect(await openModel(path)).toMatchObject({ notes: [], adapter: undefined, name: basename(path) });
  });
});
