/** docs/tvq-format.md: its numpy snippet restores what `tvq restore` restores. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { QuantizeRecipe } from '../../extension/protocol.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import { quantize, recipe, restore, restoreRecipe, tensorsOf, valuesOf } from '../engine.ts';
import { needs } from '../needs.ts';
import { findPython } from '../provision/find.mjs';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const python = findPython();

/** numpy alone: the part of `safetensors.safe_open` that the snippet uses, for machines without that library. */
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
        dtype = {'U8': 'u1', 'U64': '<u8', 'F32': '<f4'}[entry['dtype']]
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
        np.asarray(values, '<f4').tofile(f'{out}-{task}-{name}')
`;

test(
  'the numpy snippet of the specification restores every scheme',
  needs('Python with numpy', python !== undefined),
  async () => {
    const next = noise(3);
    const checkpoint = (name: string) => {
      const path = join(folder, `${name}.safetensors`);
      const same = f32([4, 4], i => i);
      return writeSafetensors(path, {
        w: f32([7, 9], next),
        v: f32([33, 3], next),
        // Three streams, the last one short.
        long: f32([1, 16_421], next),
        same,
        norm: f32([5], next),
      }).then(() => path);
    };
    const [base, ...tuned] = [await checkpoint('base'), await checkpoint('one'), await checkpoint('two')];
    const tasks = tuned.map((path, i) => ({ name: ['one', 'two'][i] as string, path }));
    const document = await readFile(new URL('../../docs/tvq-format.md', import.meta.url), 'utf8');
    const [, snippet] = /```python\n([\s\S]*?)```/.exec(document) as unknown as [string, string];
    const script = join(folder, 'snippet.py');
    await writeFile(script, SAFE_OPEN + snippet + MAIN);

    for (const [scheme, asked] of Object.entries<Partial<QuantizeRecipe>>({
      fq: { scheme: 'fq', bits: 5 },
      tvq: { bits: 3 },
      rtvq: { scheme: 'rtvq', bits: 2 },
      budget: { budget: 'error=0.05' },
      hadamard: { codec: 'hadamard', bits: 2 },
      groups: { codec: 'lloyd-max', bits: 3, groupSize: 32 },
      tensors: { codec: 'clip', bits: 5, groupSize: 0 },
      offsets: { scheme: 'rtvq', codec: 'gaussian', bits: 2 },
    })) {
      const file = join(folder, `${scheme}.tvq`);
      await quantize(recipe(file, { base, tasks, ...asked }));
      const out = join(folder, scheme);
      const run = spawnSync(python as string, [script, file, base, out, 'one', 'two'], { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      for (const task of ['one', 'two']) {
        const restored = join(folder, `${scheme}-${task}.safetensors`);
        await restore(restoreRecipe(file, task, restored, { base }));
        for (const [name, tensor] of await tensorsOf(restored)) {
          const theirs = new Float32Array((await readFile(`${out}-${task}-${name}`)).slice().buffer);
          expect([...theirs], `${scheme} ${task} ${name}`).toEqual([...valuesOf(tensor)]);
        }
      }
    }
  },
);
