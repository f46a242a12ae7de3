import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTvq, type TvqFile, type TvqRecord } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import { bf16Bits, f32, f64, i64, noise, u16, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import {
  BACKENDS,
  hooks,
  leftovers,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** Writes checkpoints and returns a recipe over them; the first is the base. */
async function made(
  tensors: Record<string, MadeTensor>[],
  changes: Partial<QuantizeRecipe> = {},
): Promise<QuantizeRecipe> {
  const paths = tensors.map(() => path('.safetensors'));
  for (const [i, content] of tensors.entries()) await writeSafetensors(paths[i] as string, content);
  const tasks = paths.slice(1).map((task, i) => ({ name: `t${i}`, path: task }));
  return recipe(path('.tvq'), { base: paths[0], tasks, ...changes });
}

/** A file's content without its date. */
async function content(file: string): Promise<Buffer> {
  const { headerBytes } = await openTvq(file);
  return (await readFile(file)).subarray(headerBytes);
}

const record = (file: TvqFile, task: string, tensor: string) =>
  file.tasks.find(({ name }) => name === task)?.records.find(found => found.tensor === tensor) as TvqRecord;

describe('the same bytes', () => {
  const random = noise(1);
  const noisy = (seed: number, count: number) => {
    const next = noise(seed);
    return f32([count, 21], () => next() * 0.01);
  };
  // Longer than one span (2 Mi elements) and not a multiple of anything.
  const large = [1, 2, 3].map(seed => ({
    'w.weight': noisy(seed, 330_001),
    'v.weight': noisy(seed + 9, 33),
    b: f32([5], random),
  }));

  test.each(['tvq', 'rtvq', 'fq'] as const)(
    '%s: for any number of threads, and whether tensors fit into memory or not',
    async scheme => {
      const asked = await made(large, { scheme, bits: 2 });
      const small: RunOptions = { ...OPTIONS, memory: 248 * 2 ** 20 };
      const { items } = await planQuantize(asked, previewRoom(small));
      expect(items.some(({ resident }) => !resident)).toBe(true);
      const inPieces = { ...asked, output: path('.tvq') };
      await quantize(asked, { threads: 2 });
      await quantize(inPieces, small);
      expect((await content(inPieces.output)).equals(await content(asked.output))).toBe(true);
    },
  );

  test.each(['tvq', 'rtvq', 'fq'] as const)('%s: on the GPU backend', async scheme => {
    const [cpu, gpu] = [recipe(path('.tvq'), { scheme }), recipe(path('.tvq'), { scheme })];
    expect((await quantize(cpu)).backend).toBe('cpu');
    expect((await quantize(gpu, { backend: 'webgpu' })).backend).toBe('webgpu');
    expect((await content(gpu.output)).equals(await content(cpu.output))).toBe(true);
  });
});

describe('what goes in', () => {
  test('BF16, F16, F32 and F64 of the same values give the same codes', async () => {
    const next = noise(5);
    const values = Float32Array.from({ length: 77 }, () => Math.round(next() * 64) / 64); // exact in all four
    const half = (value: number) => {
      const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
      return value === 0
        ? 0
        : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
    };
    const at = (i: number) => values[i] as number;
    const zeros = f32([7, 11], () => 0);
    const codes: Buffer[] = [];
    for (const tensor of [
      f32([7, 11], at),
      f64([7, 11], at),
      u16('BF16', [7, 11], i => bf16Bits(at(i))),
      u16('F16', [7, 11], i => half(at(i))),
    ]) {
      const asked = await made([{ w: zeros }, { w: tensor }], { bits: 4 });
      await quantize(asked);
      const { payload } = record(await openTvq(asked.output), 't0', 'w');
      codes.push((await readFile(asked.output)).subarray(payload?.offset, (payload?.offset ?? 0) + 39));
    }
    for (const other of codes) expect(other.equals(codes[0] as Buffer)).toBe(true);
  });

  test('unchanged and constant tensors take no payload and come back exactly', async () => {
    const next = noise(6);
    const same = f32([9, 9], next);
    const asked = await made([
      { same, moved: f32([4, 4], () => 1), norm: f32([9], () => 1), ids: i64([3], BigInt) },
      { same, moved: f32([4, 4], () => 1.5), norm: f32([9], () => 1), ids: i64([3], BigInt) },
    ]);
    const result = await quantize(asked);
    expect(result.tensors).toEqual({ quantized: 0, kept: 0, unchanged: 4 });
    const file = await openTvq(asked.output);
    expect(file.tasks[0]?.records.map(({ tensor, codec }) => [tensor, codec.codec]).sort()).toEqual([
      ['ids', 'same'],
      ['moved', 'constant'],
      ['norm', 'same'],
      ['same', 'same'],
    ]);
    const output = path('.safetensors');
    await restore(restoreRecipe(asked.output, 't0', output, { base: asked.base }));
    expect(await tensorsOf(output)).toEqual(await tensorsOf(asked.tasks[0]?.path as string));
  });

  test.each([
    ['NaN', NaN],
    ['infinity', -Infinity],
  ])('a tensor with %s is stored exactly, and said', async (_, bad) => {
    const next = noise(7);
    for (const scheme of ['tvq', 'rtvq', 'fq'] as const) {
      const good = () => f32([5, 5], next);
      const asked = await made(
        [
          { w: good(), v: good() },
          { w: f32([5, 5], i => (i === 13 ? bad : next())), v: good() },
          { w: good(), v: good() },
        ],
        { scheme },
      );
      const result = await quantize(asked);
      expect(result.warnings.join()).toContain('NaN or infinite values in w;');
      const output = path('.safetensors');
      await restore(restoreRecipe(asked.output, 't0', output, { base: asked.base }));
      expect((await tensorsOf(output)).get('w')).toEqual(
        (await tensorsOf(asked.tasks[0]?.path as string)).get('w'),
      );
      expect(record(await openTvq(asked.output), 't1', 'w').codec.codec).toBe('affine');
    }
  });

  test('tensors that only one side has: extra ones stay, missing ones stay missing', async () => {
    const next = noise(8);
    const w = () => f32([4, 4], next);
    const asked = await made(
      [
        { w: w(), tied: w() },
        { w: w(), head: w() },
      ],
      { scheme: 'rtvq' },
    );
    const result = await quantize(asked);
    expect(result.warnings.join('\n')).toContain('task "t0" lacks tensor "tied"');
    expect(result.warnings.join('\n')).toContain('task "t0" has tensor "head" that the base lacks');
    const output = path('.safetensors');
    await restore(restoreRecipe(asked.output, 't0', output, { base: asked.base }));
    const restored = await tensorsOf(output);
    expect([...restored.keys()].sort()).toEqual(['head', 'w']);
    expect(restored.get('head')).toEqual((await tensorsOf(asked.tasks[0]?.path as string)).get('head'));
  });

  test('tensors of one element, of odd lengths, and empty ones', async () => {
    const next = noise(9);
    const shapes = [
      [1, 1],
      [1, 3],
      [31, 1],
      [3, 11],
      [8193, 1],
      [0, 4],
    ];
    const checkpoint = () =>
      Object.fromEntries(shapes.map(shape => [`w${shape.join('x')}`, f32(shape, next)]));
    for (const scheme of ['tvq', 'rtvq', 'fq'] as const) {
      for (const bits of [1, 3, 8]) {
        const asked = await made([checkpoint(), checkpoint(), checkpoint()], { scheme, bits });
        await quantize(asked);
        const output = path('.safetensors');
        await restore(restoreRecipe(asked.output, 't1', output, { base: asked.base }));
        const [wanted, got] = [await tensorsOf(asked.tasks[1]?.path as string), await tensorsOf(output)];
        for (const [name, tensor] of wanted) {
          const [a, b] = [tensor, got.get(name)!].map(valuesOf) as [Float32Array, Float32Array];
          const step = 4 / (2 ** bits - 1); // values, deltas and offsets span at most 4
          expect(Math.max(0, ...a.map((value, i) => Math.abs(value - (b[i] as number))))).toBeLessThanOrEqual(
            step,
          );
        }
      }
    }
  });

  test('a tensor of another shape is stored exactly, with a warning unless that was asked for', async () => {
    const next = noise(10);
    const asked = await made([
      { 'embed.weight': f32([66, 4], next) },
      { 'embed.weight': f32([64, 4], next) },
    ]);
    const result = await quantize(asked);
    expect(result.tensors.kept).toBe(1);
    expect(result.warnings).toEqual([
      expect.stringContaining(
        'tensor "embed.weight" of a different shape than in the base ([64, 4], there [66, 4]); stored exactly, 1.02 kB',
      ),
    ]);
    const again = await quantize({ ...asked, keep: ['^embed\\.weight$'], overwrite: true });
    expect(again).toMatchObject({ tensors: { kept: 1 }, warnings: [] });
  });

  test('checkpoints of another model are refused', async () => {
    const asked = await made([{ a: f32([2, 2], i => i) }, { b: f32([2, 2], i => i) }]);
    await expect(quantize(asked)).rejects.toThrow('0 of its 1 tensor names are in the base');
  });
});

describe('what comes out', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%d bits per weight take just that: size is codes + scales + exact + header',
    async bits => {
      const asked = recipe(path('.tvq'), { bits });
      const result = await quantize(asked);
      const summary = summarizeTvq(await openTvq(asked.output));
      const { codes, scales, exact, files, header } = summary.parts;
      expect((await stat(asked.output)).size).toBe(result.bytes);
      expect(codes + scales + exact + files + header).toBe(result.bytes);
      const quantized = 3 * (24736 - 5 * 32);
      expect(codes).toBe((quantized * bits) / 8);
      expect(result.bitsPerWeight).toBeCloseTo((8 * result.bytes) / quantized, 10);
      expect(summary.bitsPerWeight).toBe(result.bitsPerWeight);
    },
  );

  test.each(BACKENDS)(
    '%s: 8 bits restore each tensor within a hundredth, kept tensors bit for bit',
    async backend => {
      const asked = recipe(path('.tvq'), { bits: 8, keep: ['lm_head'] });
      await quantize(asked, { backend });
      const output = path('');
      await restore(restoreRecipe(asked.output, 'code', output), { backend });
      const [wanted, got, base] = await Promise.all(
        [asked.tasks[0]?.path as string, output, asked.base].map(tensorsOf),
      );
      for (const [name, tensor] of wanted!) {
        const restored = got!.get(name)!;
        expect([restored.dtype, restored.shape]).toEqual([tensor.dtype, tensor.shape]);
        if (tensor.shape.length < 2 || name === 'lm_head.weight') expect(restored.data).toEqual(tensor.data);
        const [a, b, c] = [tensor, restored, base!.get(name)!].map(valuesOf) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const norm = (of: (i: number) => number) => Math.sqrt(a.reduce((sum, _, i) => sum + of(i) ** 2, 0));
        // A bfloat16 weight itself has only 8 bits: rounding the sum to it may cost as much as the codes do.
        const rounding = norm(i => a[i]! * 2 ** -9);
        expect(norm(i => a[i]! - b[i]!)).toBeLessThanOrEqual(0.01 * norm(i => a[i]! - c[i]!) + rounding);
      }
    },
  );

  test('the reported error is that of the task vector', async () => {
    for (const scheme of ['tvq', 'rtvq'] as const) {
      const asked = recipe(path('.tvq'), { scheme, bits: 2, keep: ['norm'] });
      const { relativeErrors } = await quantize(asked);
      const output = path('.safetensors');
      await restore(restoreRecipe(asked.output, 'math', output, { dtype: 'F32' }));
      const [tuned, got, base] = await Promise.all(
        [asked.tasks[1]?.path as string, output, asked.base].map(tensorsOf),
      );
      let [error, energy] = [0, 0];
      for (const [name, tensor] of tuned!) {
        const [a, b, c] = [tensor, got!.get(name)!, base!.get(name)!].map(valuesOf) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        a.forEach((value, i) => {
          error += (value - b[i]!) ** 2;
          energy += (value - c[i]!) ** 2;
        });
      }
      expect(relativeErrors[1]).toBeCloseTo(error / energy, 3);
    }
  });

  test('a plan says at most what is written, and writes nothing', async () => {
    const { plan } = await import('../../extension/engine/engine.ts');
    const asked = recipe(path('.tvq'), { scheme: 'rtvq' });
    const planned = await plan(asked, { backend: 'cpu', memory: 2 ** 30, threads: 2 });
    await expect(stat(asked.output)).rejects.toThrow('ENOENT');
    const { bytes } = await quantize(asked);
    expect(planned.bytes).toBeGreaterThanOrEqual(bytes);
    expect(planned.tensors).toEqual({ quantized: 48, kept: 15, unchanged: 0 });
    expect(planned.problems).toEqual([]);
  });
});

describe('no file is lost', () => {
  test('an existing output stays without --overwrite, and is replaced with it', async () => {
    const asked = recipe(path('.tvq'));
    await writeFile(asked.output, 'precious');
    await expect(quantize(asked)).rejects.toThrow('already exists');
    expect(await readFile(asked.output, 'utf8')).toBe('precious');
    await quantize({ ...asked, overwrite: true });
    expect((await openTvq(asked.output)).tasks).toHaveLength(3);
    expect(await leftovers(asked.output)).toEqual([]);
  });

  test('an input is never the output', async () => {
    const asked = await made([{ w: f32([2, 2], i => i) }, { w: f32([2, 2], i => 2 * i) }]);
    const input = asked.tasks[0]?.path as string;
    await expect(quantize({ ...asked, output: input, overwrite: true })).rejects.toThrow(
      'is one of the inputs',
    );
  });

  test('a checkpoint that breaks on the way leaves nothing behind', async () => {
    const asked = await made([{ w: f32([64, 64], i => i) }, { w: f32([64, 64], i => 2 * i) }]);
    const { runQuantize } = await import('../../extension/engine/quantize/run.ts');
    const { OutputLock } = await import('../../extension/files/lock/outputLock.ts');
    const { chooseBackend } = await import('../../extension/engine/scheduler/backends.ts');
    const backend = await chooseBackend({ backend: 'cpu', memory: 2 ** 30, threads: 2 });
    const planned = await planQuantize(asked, backend.room);
    await writeFile(asked.tasks[0]?.path as string, 'gone'); // after planning, as if another program rewrote it
    const lock = await OutputLock.take(asked.output);
    const run = runQuantize(planned, lock, backend, hooks());
    await expect(run).rejects.toThrow('changed while it was read (it had');
    await lock.release();
    await expect(stat(asked.output)).rejects.toThrow('ENOENT');
    expect(await leftovers(asked.output)).toEqual([]);
  });

  test('too little memory is said before anything is written', async () => {
    await expect(quantize(recipe(path('.tvq')), { memory: 10 * 2 ** 20 })).rejects.toThrow(
      /--memory 10.5 MB is too little: tensor ".*" needs about/,
    );
  });
});

test('a tensor that no .tvq file can hold is refused before anything is written', async () => {
  const asked = await made([1, 2].map(seed => ({ ['n'.repeat(1025)]: f32([2, 64], noise(seed)) })));
  await expect(quantize(asked)).rejects.toThrow(/tensor "n+…": a name of 1025 characters/);
  expect(await leftovers(asked.output)).toEqual([]);
});
