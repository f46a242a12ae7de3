/** The container: what it distinguishes, how it grows, and what a file from anyone cannot do. */
import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { expandTasks } from '../../extension/engine/merge/recipe/expand.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import {
  lengthBytesOf,
  MAX_TABLE_BYTES,
  packRecords,
  packTensors,
  type TableRow,
} from '../../extension/formats/tvq/tables.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { changeJson, changeRecords, changeTvq, putTables, type TvqParts } from '../changedTvq.ts';
import { f32, i64, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import { mergeRecipe, quantize, recipe, restore, restoreRecipe, tensorsOf, verify } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

async function checkpoint(tensors: Readonly<Record<string, MadeTensor>>): Promise<string> {
  const file = path('.safetensors');
  await writeSafetensors(file, tensors);
  return file;
}

/** A file of tasks `a` and `b` of two matrices and a vector. */
async function written(asked: Partial<QuantizeRecipe> = {}) {
  const [base, a, b] = await Promise.all(
    [1, 2, 3].map(seed => {
      const next = noise(seed);
      return checkpoint({ w: f32([40, 30], next), v: f32([50, 30], next), norm: f32([30], next) });
    }),
  );
  const tasks = [
    { name: 'a', path: a as string },
    { name: 'b', path: b as string },
  ];
  const made = recipe(path('.tvq'), { base: base as string, tasks, ...asked });
  await quantize(made);
  return made;
}

const codecsOf = async (file: string, task: string) => {
  const { tasks } = await openTvq(file);
  const records = tasks.find(({ name }) => name === task)?.records ?? [];
  return Object.fromEntries(records.map(({ tensor, codec }) => [tensor, codec.codec]));
};

describe('a tensor that equals the base, bit for bit', () => {
  const odd = [1e-40, -0, 0, -3e-39, 1, -1e-45];
  const equal = {
    tiny: f32([6, 6], i => odd[i % 6]!),
    large: f32([600, 6], i => odd[i % 6]!),
    // Longer than one comparison, and different only at the end.
    late: f32([600, 6], i => odd[i % 6]!),
    ids: i64([4], BigInt),
  };
  test.each<Partial<QuantizeRecipe>>([
    { bits: 3 },
    { scheme: 'rtvq', bits: 2 },
    { budget: 'error=0.1' },
    { scheme: 'rtvq', budget: 'codes=3bpw' },
    { codec: 'hadamard', bits: 2 },
    { prune: 0.5 },
  ])('is the same whatever was asked for: %j', async asked => {
    const tuned = (seed: number) => {
      const next = noise(seed);
      const late = f32([600, 6], i => odd[i % 6]! + (i > 3500 ? next() : 0));
      return checkpoint({ ...equal, late, w: f32([600, 6], next) });
    };
    const original = () => checkpoint({ ...equal, w: f32([600, 6], noise(7)) });
    const [base, copy] = [await original(), await original()];
    const [a, b] = [await tuned(8), await tuned(9)];
    const tasks = [
      { name: 'a', path: a },
      { name: 'b', path: b },
      { name: 'base', path: copy },
    ];
    const made = recipe(path('.tvq'), { base, tasks, ...asked });
    await quantize(made);
    const { late, w, ...rest } = await codecsOf(made.output, 'a');
    expect(rest).toEqual({ tiny: 'same', large: 'same', ids: 'same' });
    expect([late, w]).not.toContain('same');
    expect(new Set(Object.values(await codecsOf(made.output, 'base')))).toEqual(new Set(['same']));
    const output = path('.safetensors');
    await restore(restoreRecipe(made.output, 'base', output, { base }));
    expect(await tensorsOf(output)).toEqual(await tensorsOf(base));
  });
});

test('the fingerprint of the base is that of its weights, whatever the scheme', async () => {
  const { base, tasks, output } = await written();
  const fq = recipe(path('.tvq'), { base, tasks, scheme: 'fq', bits: 4 });
  await quantize(fq);
  const [whole, differences] = [await openTvq(fq.output), await openTvq(output)];
  expect(whole.base).toEqual(differences.base);
  expect(whole.base.tensors).toHaveLength(3);
});

describe('a file that needs more than this version knows', () => {
  /** Gives the tensors of the last vector an entry of the codec table that is appended to it. */
  const withCodec = (entry: object) => (parts: TvqParts) => {
    let added = 0;
    changeJson<object[]>(parts, 'tvq_codecs', codecs => {
      added = codecs.length;
      return [...codecs, entry];
    });
    changeRecords(parts, vectors =>
      vectors.map((one, v) =>
        v === vectors.length - 1 ? { ...one, codecs: one.codecs.map(() => added) } : one,
      ),
    );
  };
  const counting = (shared: string) => (parts: TvqParts) =>
    changeJson<{ shared?: string }[]>(parts, 'tvq_vectors', vectors => {
      Object.assign(vectors.at(-1)!, { shared });
    });

  test.each<[string, Partial<QuantizeRecipe>, (parts: TvqParts) => void, RegExp]>([
    ['a codec', {}, withCodec({ codec: 'low-rank', rank: 8 }), /tensor "w" has codec "low-rank"/],
    ['a form of a codec', {}, withCodec({ codec: 'affine', bits: 12 }), /tensor "w" has codec "affine"/],
    ['another shared vector', { scheme: 'rtvq' }, counting('@vision'), /it is relative to "@vision"/],
    ['a shared vector of other tasks', {}, counting('@shared'), /it is relative to "@shared"/],
  ])('%s: its task is refused, the other is read', async (_, asked, change, why) => {
    const { base, output } = await written({ ...asked });
    const newer = await changeTvq(output, path('.tvq'), change);
    const file = await openTvq(newer);
    expect(file.tasks.map(({ name }) => name)).toEqual(['a']);
    const { unreadable } = summarizeTvq(file);
    expect(unreadable.map(({ name }) => name)).toEqual(['b']);
    expect(unreadable[0]?.why).toMatch(why);

    const [from, to] = [path('.safetensors'), path('.safetensors')];
    await restore(restoreRecipe(output, 'a', from, { base }));
    await restore(restoreRecipe(newer, 'a', to, { base }));
    expect(await tensorsOf(to)).toEqual(await tensorsOf(from));
    await expect(restore(restoreRecipe(newer, 'b', path(), { base }))).rejects.toThrow(
      /task "b" cannot be read: .*; update this tool/,
    );
    const inputs = [{ name: 'all', path: newer, task: undefined }];
    await expect(expandTasks(mergeRecipe(path(), 'task_arithmetic', inputs, { base }))).rejects.toThrow(
      'task "b" cannot be read',
    );
    // Its payloads are checked like any other.
    const payloads = async (of: string) => (await verify(of)).checked;
    expect(await payloads(newer)).toBe(await payloads(output));
    const damaged = await changeTvq(newer, path('.tvq'), ({ tensors }) => {
      const { data } = tensors.get('@payloads')!;
      const bytes = Uint8Array.from(data);
      bytes[bytes.length - 1]! ^= 1;
      tensors.get('@payloads')!.data = bytes;
    });
    expect((await verify(damaged)).damaged).toEqual([expect.stringContaining('of "b"')]);
  });

  test('a shared vector in another codec: all tasks that count from it', async () => {
    const { output } = await written({ scheme: 'rtvq' });
    const newer = await changeTvq(output, path('.tvq'), parts =>
      changeJson<{ codec: string; bits?: number }[]>(parts, 'tvq_codecs', codecs =>
        codecs.map(one => (one.bits === 3 ? { ...one, codec: 'wavelet' } : one)),
      ),
    );
    const { tasks, unreadable } = await openTvq(newer);
    expect(tasks).toEqual([]);
    expect(unreadable.map(({ name }) => name)).toEqual(['@shared', 'a', 'b']);
    expect((await verify(newer)).damaged).toEqual([]);
  });
});

describe('what a file claims is not trusted', () => {
  const json = (value: unknown) => deflateSync(Buffer.from(JSON.stringify(value)));
  const rows: TableRow[] = [
    ['w', 'F32', [40, 30]],
    ['v', 'F32', [50, 30]],
    ['norm', 'F32', [30]],
  ];
  const runs = [[0, 3]];
  const table = (value: object, stated?: number) => (parts: TvqParts) => {
    const text = { tensors: rows, base: runs, vectors: [runs, runs], ...value };
    const bytes = Buffer.byteLength(JSON.stringify(text));
    changeJson<object>(parts, 'tvq_tables', old => ({ ...old, tensors: stated ?? bytes }));
    putTables(parts, { tensors: json(text) });
  };
  const named = (name: string) => (parts: TvqParts) => {
    changeJson<{ name: string }[]>(parts, 'tvq_vectors', vectors => {
      vectors[0]!.name = name;
    });
    for (const side of ['scales', 'checksums', 'errors']) {
      const part = parts.tensors.get(`a:${side}`)!;
      parts.tensors.delete(`a:${side}`);
      parts.tensors.set(`${name}:${side}`, part);
    }
  };
  const stated = (values: object) => (parts: TvqParts) =>
    changeJson<object>(parts, 'tvq_tables', old => ({ ...old, ...values }));
  test.each<[string, (parts: TvqParts) => void, RegExp]>([
    ['a task that is a path', named('../../x'), /"\.\.\/\.\.\/x" is not a task name/],
    ['a task without a name', named(''), /"" is not a task name/],
    [
      'more rows than records',
      table({
        base: [
          [0, 3],
          [0, 1],
        ],
      }),
      /4 rows where 3 were expected/,
    ],
    ['rows beyond the table', table({ vectors: [runs, [[1, 3]]] }), /tensor row 3 of 3/],
    [
      'a row twice',
      table({ tensors: [rows[0], ['w', 'F32', [50, 30]], rows[2]] }),
      /vector "a" lists a tensor twice/,
    ],
    ['runs of a million', table({ base: [[0, 1e6]] }), /1000000 rows where 3 were expected/],
    ['fewer vectors', table({ vectors: [runs] }), /it is of 1 vectors, 2 were expected/],
    ['an unknown dtype', table({ tensors: [['w', 'F3', [1]]] }), /tensors\.0\.1: unknown dtype/],
    [
      'another shape',
      table({ tensors: [['w', 'F32', [41, 30]], ...rows.slice(1)] }),
      /a payload of \d+ bytes/,
    ],
    ['deep nesting', table({ more: [[[[[1]]]]] }), /it nests too deep/],
    ['a table that is longer than stated', table({}, 20), /does not decompress to 20 bytes/],
    ['a table that is shorter than stated', table({}, 999), /does not decompress to 999 bytes/],
    ['a table of gigabytes', stated({ tensors: MAX_TABLE_BYTES + 1 }), /tvq_tables\.tensors/],
    ['lengths of many bytes', stated({ lengthBytes: 7 }), /tvq_tables\.lengthBytes/],
    [
      'records that do not fit',
      stated({ lengthBytes: 5 }),
      /"@records" is U8 \[24\], U8 \[36\] was expected/,
    ],
    [
      'what is not compressed',
      parts => putTables(parts, { tensors: randomBytes(100) }),
      /"@tensors": it does not decompress/,
    ],
    [
      'an entry beyond the codecs',
      parts => changeRecords(parts, all => all.map(one => ({ ...one, codecs: one.codecs.map(() => 200) }))),
      /has codec 200 of/,
    ],
    [
      'payloads beyond the file',
      parts =>
        changeRecords(parts, all => all.map(one => ({ ...one, lengths: one.lengths.map(n => 2 * n) }))),
      /"@payloads" is U8/,
    ],
    [
      'tables that were changed',
      parts =>
        (parts.tensors.get('@records')!.data = parts.tensors.get('@records')!.data.map(byte => byte ^ 1)),
      /its tables are damaged/,
    ],
  ])('%s', async (_, change, message) => {
    const { output } = await source;
    await expect(openTvq(await changeTvq(output, path('.tvq'), change))).rejects.toThrow(message);
  });
  const source = written();
});

test('a tensor and task take a few bytes beside their arrays, however many there are', () => {
  const [layers, tasks] = [2500, 20];
  const parts = [
    'self_attn.q_proj',
    'self_attn.k_proj',
    'self_attn.v_proj',
    'self_attn.o_proj',
    'mlp.gate_proj',
  ];
  const names = [...parts, 'mlp.up_proj', 'mlp.down_proj', 'norm1', 'norm2', 'bias1', 'bias2', 'bias3'];
  const tensors = Array.from({ length: layers }, (_, layer) =>
    names.map((name): TableRow => [`model.layers.${layer}.${name}.weight`, 'BF16', [4096, 1024]]),
  ).flat();
  const next = noise(1);
  const rows = tensors.map((_, i) => i);
  const table = packTensors({ tensors, base: rows, vectors: Array.from({ length: tasks }, () => rows) });
  // Entropy coding: every payload has a different length.
  const records = packRecords(
    Array.from({ length: tasks }, () => ({
      codecs: rows.map(row => 3 + (row % 3)),
      lengths: rows.map(() => Math.floor(1e6 + 1e6 * Math.abs(next()))),
    })),
    lengthBytesOf(tensors),
  );
  const each = (table.stored.length + records.length) / (tensors.length * tasks);
  expect(tensors).toHaveLength(30_000);
  expect(each).toBeLessThan(12);
});
