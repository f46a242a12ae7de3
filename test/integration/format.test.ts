/** docs/tvq-format.md: its numpy snippet restores what `tvq restore` restores. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, i64, noise, u16, writeSafetensors } from '../checkpoints.ts';
import { quantize, recipe, restore, restoreRecipe, tensorsOf } from '../engine.ts';
import { needs } from '../needs.ts';
import { findPython } from '../provision/find.mjs';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const python = findPython();

/** The part of `safetensors.safe_open` that the snippet uses, in numpy, for machines without that library. */
const SAFE_OPEN = `
import json, sys, types
import numpy as np

class safe_open:
    def __init__(self, path, framework):
        data = open(path, 'rb').read()
        length = int.from_bytes(data[:8], 'little')
        self.header, self.data = json.loads(data[8 : 8 + length]), data[8 + length :]
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def metadata(self):
        return self.header['__metadata__']
    def keys(self):
        return [key for key in self.header if key != '__metadata__']
    def get_tensor(self, name):
        entry = self.header[name]
        dtype = {'U8': 'u1', 'U64': '<u8', 'F32': '<f4', 'F16': '<f2', 'I64': '<i8'}[entry['dtype']]
        begin, end = entry['data_offsets']
        return np.frombuffer(self.data[begin:end], dtype).reshape(entry['shape'])

try:
    import safetensors
except ImportError:
    sys.modules['safetensors'] = types.SimpleNamespace(safe_open=safe_open)
`;

const MAIN = `
import sys
path, base_path, out, *tasks = sys.argv[1:]
with safe_open(base_path, 'numpy') as file:
    base = {name: file.get_tensor(name) for name in file.keys()}
for task in tasks:
    for name, values in restore(path, task, base).items():
        rounded = values.astype(base[name].dtype) if name in base else values
        rounded.tofile(f'{out}-{task}-{name}')
`;

test(
  'the numpy snippet of the specification restores every scheme',
  needs('Python with numpy', python !== undefined),
  async () => {
    const next = noise(3);
    /** Special numbers among ordinary ones: subnormals, signed zeros, ones that round away. */
    const odd = [1e-40, -0, 0, -3e-39, 1.2e-38, 65504, 1e30, -1e-45];
    const checkpoint = (name: string) => {
      const path = join(folder, `${name}.safetensors`);
      return writeSafetensors(path, {
        w: f32([7, 9], next),
        v: f32([33, 3], next),
        // Three streams, the last one short.
        long: f32([1, 16_421], next),
        half: u16('F16', [12, 9], i => 0x2c00 + 7 * i + Math.floor(40 * next())),
        odd: f32([8, 8], i => odd[i % 8]! + (i % 16 < 8 ? 0 : next() / 8)),
        same: f32([4, 8], i => odd[i % 8]!),
        constant: f32([4, 4], i => odd[i % 4]! + (name === 'base' ? 0 : 0.25)),
        running_var: f32([21], i => (i + 1) * (1.05 + next() / 4)),
        norm: f32([8], i => (name === 'one' ? odd[i]! : next())),
        nan: f32([3], i => (i === 1 ? NaN : next())),
        ids: i64([4], BigInt),
      }).then(() => path);
    };
    const [base, ...tuned] = [await checkpoint('base'), await checkpoint('one'), await checkpoint('two')];
    const tasks = tuned.map((path, i) => ({ name: ['one', 'two'][i] as string, path }));
    const document = await readFile(new URL('../../docs/tvq-format.md', import.meta.url), 'utf8');
    const [, snippet] = /```python\n([\s\S]*?)```/.exec(document) as unknown as [string, string];
    const script = join(folder, 'snippet.py');
    await writeFile(script, SAFE_OPEN + snippet + MAIN);

    const adapted = join(folder, 'adapted.safetensors');
    await writeSafetensors(adapted, {
      'plain.weight': f32([24, 40], next),
      'conv.weight': f32([24, 16, 3, 3], next),
      'many.weight': f32([36, 40], next),
    });
    const adapters = await Promise.all(
      ['one', 'two'].map(async name => {
        const path = join(folder, `${name}-lora.safetensors`);
        const matrix = (...shape: number[]) => f32(shape, next);
        await writeSafetensors(path, {
          'lora_unet_plain.lora_down.weight': u16('BF16', [2, 40], i => 0x3c00 + 37 * i),
          'lora_unet_plain.lora_up.weight': matrix(24, 2),
          'lora_unet_plain.alpha': f32([], () => 0.3),
          'lora_unet_conv.hada_w1_a': matrix(24, 2),
          'lora_unet_conv.hada_w1_b': matrix(2, 144),
          'lora_unet_conv.hada_w2_a': matrix(24, 2),
          'lora_unet_conv.hada_w2_b': matrix(2, 144),
          'lora_unet_many.lokr_w1': matrix(4, 4),
          'lora_unet_many.lokr_w2_a': matrix(9, 2),
          'lora_unet_many.lokr_w2_b': matrix(2, 10),
        });
        return { name, path };
      }),
    );

    for (const [scheme, asked] of Object.entries<Partial<QuantizeRecipe>>({
      fq: { scheme: 'fq', bits: 5 },
      tvq: { bits: 3 },
      rtvq: { scheme: 'rtvq', bits: 2 },
      budget: { budget: 'error=0.05' },
      hadamard: { codec: 'hadamard', bits: 2 },
      groups: { codec: 'lloyd-max', bits: 3, groupSize: 32 },
      tensors: { codec: 'clip', bits: 5, groupSize: 0 },
      offsets: { scheme: 'rtvq', codec: 'gaussian', bits: 2 },
      factors: { base: adapted, tasks: adapters, bits: 3, keep: ['.'] },
    })) {
      const file = join(folder, `${scheme}.tvq`);
      const own = recipe(file, { base, tasks, ...asked });
      await quantize(own);
      const out = join(folder, scheme);
      const run = spawnSync(python as string, [script, file, own.base, out, 'one', 'two'], {
        encoding: 'utf8',
      });
      expect(run.stderr).toBe('');
      for (const task of ['one', 'two']) {
        const restored = join(folder, `${scheme}-${task}.safetensors`);
        await restore(restoreRecipe(file, task, restored, { base: own.base }));
        for (const [name, tensor] of await tensorsOf(restored)) {
          const theirs = await readFile(`${out}-${task}-${name}`);
          expect(theirs.equals(tensor.data), `${scheme} ${task} ${name}`).toBe(true);
        }
      }
    }
  },
);
