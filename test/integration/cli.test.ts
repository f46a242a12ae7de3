/** The `tvq` command: exit status, what goes to stdout, and that nothing is lost. Each part once as it is shipped. */
import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { PlanSummary, QuantizeResult } from '../../extension/protocol/results.ts';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import { fixture } from '../checkpoints.ts';
import { COMMAND, started, tvq } from '../command.ts';
import { LLAMA_TASKS, leftovers } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const base = fixture('llama/base');
const tasks = LLAMA_TASKS.flatMap(({ name, path }) => ['--task', `${name}=${path}`]);
let outputs = 0;
const output = () => join(folder, `out-${outputs++}.tvq`);

const quantizing = (file: string, ...more: string[]): string[] => [
  ...['quantize', '--base', base, ...tasks, '-o', file, '--backend', 'cpu'],
  ...more,
];
const quantize = (file: string, ...more: string[]) => tvq(...quantizing(file, ...more));

test('a reader that goes, or has no room, is no defect', async () => {
  const inspect = `"${process.execPath}" "${COMMAND}" inspect "${base}"`;
  for (const [shell, expected] of [
    [`${inspect} | true`, ''],
    [`${inspect} --json | head -c 1`, ''],
    [`${inspect} >/dev/full; test $? = 1`, 'tvq: the output could not be written: ENOSPC'],
  ] as const) {
    const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>(resolve => {
      const child = spawn('sh', ['-c', shell], { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      child.on('close', status => resolve({ status, stderr }));
    });
    expect(status, shell).toBe(0);
    expect(stderr.split('\n').filter(line => line !== '').length, stderr).toBe(expected === '' ? 0 : 1);
    expect(stderr).toContain(expected);
  }
});

describe('quantize', () => {
  test('--json prints one object, and nothing else is on stdout', async () => {
    const file = output();
    const { status, stdout } = await started(...quantizing(file, '--scheme', 'rtvq', '--json'));
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as QuantizeResult;
    expect(result).toMatchObject({
      output: file,
      bytes: (await stat(file)).size,
      tasks: ['code', 'math', 'chat'],
      tensors: { quantized: 48, kept: 0, unchanged: 15 },
      backend: 'cpu',
    });
    const summary = JSON.parse((await started('inspect', file, '--json')).stdout) as TvqSummary;
    expect(summary).toMatchObject({
      bytes: result.bytes,
      bitsPerWeight: result.bitsPerWeight,
      scheme: 'rtvq',
      bits: 2,
      baseBits: 3,
    });
  });

  test('--dry-run shows the plan and writes nothing', async () => {
    const file = output();
    const { status, stdout } = await quantize(file, '--dry-run', '--json');
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as PlanSummary).tensors.quantized).toBe(63);
    expect(await readdir(folder)).not.toContain(file);
  });

  test('--dry-run with a budget: its size, or that it is known after measuring', async () => {
    const plan = async (...more: string[]) => {
      const { stdout } = await quantize(output(), '--dry-run', '--json', ...more);
      return JSON.parse(stdout) as PlanSummary;
    };
    expect(await plan('--budget', '21kB')).toMatchObject({ bytes: 21_000, sizeKnown: true });
    expect((await plan('--budget', '2.25bpw')).bitsPerWeight).toBeCloseTo(2.25, 2);
    expect(await plan('--budget', 'error=0.1')).toMatchObject({ sizeKnown: false });
    const { stdout } = await quantize(output(), '--dry-run', '--budget', 'error=0.1');
    expect(stdout).toContain('known after measuring');
    expect((await quantize(output(), '--dry-run', '--budget', '21kB')).stdout).toMatch(/at most 21.0 kB/);
  });

  test('without --scheme, --bits, --budget or --preset: balanced', async () => {
    const file = output();
    const { stdout } = await quantize(file, '--json');
    const plan = JSON.parse((await quantize(output(), '--dry-run', '--json')).stdout) as PlanSummary;
    const { bytes } = JSON.parse(stdout) as QuantizeResult;
    expect(bytes).toBeLessThanOrEqual(plan.bytes);
    expect(bytes).toBeGreaterThan(0.95 * plan.bytes);
    const { recipe } = JSON.parse((await tvq('inspect', file, '--json')).stdout) as TvqSummary;
    expect(recipe).toMatchObject({ scheme: 'tvq', budget: 'codes=1.5bpw', keepRule: 'vectors' });
  });

  test.each([
    [['--preset', 'smallest'], { budget: 'codes=1bpw' }],
    [['--preset', 'fastest'], { bits: 4, keepRule: 'vectors' }],
    [['--preset', 'paper'], { bits: 3, keepRule: 'published' }],
    [['--preset', 'paper', '--scheme', 'rtvq'], { bits: 2, baseBits: 3, keepRule: 'published' }],
    [['--bits', '5'], { scheme: 'tvq', bits: 5, keepRule: 'vectors' }],
    [['--codec', 'gaussian'], { scheme: 'tvq', bits: 3, codec: 'gaussian' }],
    [['--codec', 'hadamard', '--bits', '2', '--group-size', '64'], { codec: 'hadamard', groupSize: 64 }],
    [['--codec', 'clip', '--reconstruction', 'nearest'], { codec: 'clip', reconstruction: 'nearest' }],
    [['--scheme', 'rtvq', '--budget', '40kB'], { scheme: 'rtvq', budget: '40kB' }],
    [['--codec', 'lloyd-max', '--budget', '30kB'], { codec: 'lloyd-max', budget: '30kB' }],
    [
      [
        '--budget',
        '25kB',
        '--pin',
        'code:*embed*=4',
        '--pin',
        '*down*=auto',
        '--floor',
        '/q_proj/=1',
        '--tensor-weight',
        '*.1.*=2',
      ],
      {
        budget: '25kB',
        rules: [
          { task: 'code', tensors: '*embed*', bits: 4 },
          { tensors: '*down*', bits: 'auto' },
          { tensors: '/q_proj/', min: 1 },
        ],
        weights: { patterns: [['*.1.*', 2]] },
      },
    ],
  ])('%j is what the file says it was made by', async (flags, expected) => {
    const file = output();
    expect((await quantize(file, ...flags)).stderr).toBe('');
    const { recipe } = JSON.parse((await tvq('inspect', file, '--json')).stdout) as TvqSummary;
    expect(recipe).toMatchObject(expected);
  });

  test('weights from a file; one that is none, or names what is not there', async () => {
    const weights = join(folder, 'weights.json');
    const flags = ['--budget', '25kB', '--weights-file', weights];
    await writeFile(weights, JSON.stringify({ 'lm_head.weight': 3, 'model.norm.weight': 2 }));
    const file = output();
    expect((await quantize(file, ...flags)).status).toBe(0);
    const { recipe } = JSON.parse((await tvq('inspect', file, '--json')).stdout) as TvqSummary;
    expect(recipe).toMatchObject({ weights: { tensors: { 'lm_head.weight': 3 } } });
    for (const [text, message] of [
      ['{"lm_haed.weight": 1}', 'there is no tensor "lm_haed.weight"; did you mean "lm_head.weight"?'],
      ['{"lm_head.weight": -1}', 'a weight must be 0 or more'],
      ['[1]', 'weights.json: a JSON object from tensor names to weights was expected'],
      ['{', 'weights.json: a JSON object from tensor names to weights was expected'],
    ] as const) {
      await writeFile(weights, text);
      const { status, stderr } = await quantize(output(), ...flags);
      expect(status).toBeGreaterThan(0);
      expect(stderr).toContain(message);
    }
  });

  test('a rule that nothing fits is a warning', async () => {
    const { status, stderr } = await quantize(output(), '--dry-run', '--budget', '25kB', '--pin', 'attn*=4');
    expect(status).toBe(0);
    expect(stderr).toContain('"attn*" matches no tensor that the budget is spent on');
  });

  test('an existing output: status 1, one line, nothing touched', async () => {
    const file = output();
    await writeFile(file, 'precious');
    for (const flags of [[], ['--dry-run']]) {
      const { status, stderr } = await quantize(file, ...flags, '--json');
      expect(status).toBe(1);
      expect(stderr).toBe(`tvq: ${file}: already exists; choose another output or pass --overwrite\n`);
    }
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect((await quantize(file, '--overwrite')).status).toBe(0);
  });

  test('every file that is no safetensors file is refused: status 1, its own message, no output', async () => {
    for (const name of await readdir(fixture('bad-safetensors'))) {
      const file = output();
      const bad = fixture(`bad-safetensors/${name}`);
      const { status, stdout, stderr } = await tvq(
        'quantize',
        '--base',
        base,
        '--task',
        `bad=${bad}`,
        '-o',
        file,
      );
      expect([status, stdout], name).toEqual([1, '']);
      expect(stderr).toMatch(
        /^tvq: .*bad-safetensors.*: (not a valid safetensors file: .*|the file is empty; .*)\n$/,
      );
      await expect(stat(file)).rejects.toThrow('ENOENT');
    }
  });

  test('Ctrl-C: status 130 and nothing left behind', async () => {
    const file = join(folder, 'cancelled.tvq');
    const child = spawn(process.execPath, [COMMAND, ...quantizing(file, '--threads', '1')]);
    const closed = new Promise(resolve => child.on('close', resolve));
    // Once the temporary file exists, the job is running.
    while ((await leftovers(file)).length === 0 && child.exitCode === null)
      await new Promise(resolve => setTimeout(resolve, 1));
    child.kill('SIGINT');
    const status = await closed;
    expect([0, 130]).toContain(status); // such a small job may finish before the signal arrives
    expect(await leftovers(file)).toEqual([]);
    if (status === 130) await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});

describe('a wrong call: status 2 and what to do', () => {
  test.each([
    ['an unknown command', ['quantise'], 'Did you mean quantize?'],
    ['an unknown option', ['quantize', '--bit', '3'], 'Did you mean --bits?'],
    [
      'no task',
      ['quantize', '--base', base, '-o', 'x.tvq'],
      'name the fine-tuned checkpoints with --task NAME=PATH',
    ],
    [
      'a task without a name',
      ['quantize', '--base', base, '--task', '/x', '-o', 'x.tvq'],
      'NAME=PATH was expected',
    ],
    [
      'too many bits',
      ['quantize', '--base', base, ...tasks, '-o', 'x.tvq', '--bits', '9'],
      'a whole number from 1 to 8',
    ],
    [
      'bits of another scheme',
      ['quantize', '--base', base, ...tasks, '-o', 'x.tvq', '--offset-bits', '2'],
      '--offset-bits cannot be combined with --scheme tvq; use --bits',
    ],
    [
      'wrong ending',
      ['quantize', '--base', base, ...tasks, '-o', 'x.bin'],
      '-o "x.bin": the output must end in .tvq',
    ],
    [
      'a broken pattern',
      ['quantize', '--base', base, ...tasks, '-o', 'x.tvq', '--keep', '('],
      'not a valid regular expression',
    ],
    [
      'a size that is none',
      ['quantize', '--base', base, ...tasks, '-o', 'x.tvq', '--memory', 'lots'],
      'a size such as 1GiB',
    ],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await tvq(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('as shipped', async () => {
    const { status, stdout, stderr } = await started('quantize', '--bit', '3');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Did you mean --bits?');
  });

  test.each([
    [['--budget', 'much'], '"much" is not a budget; expected: a size (735102B'],
    [['--budget', 'much', '--dry-run'], '"much" is not a budget'],
    [['--budget', '1bpw', '--bits', '3'], '--bits cannot be combined with --budget'],
    [['--budget', '1bpw', '--scheme', 'fq'], '--budget needs --scheme tvq or rtvq'],
    [['--budget', '1bpw', '--preset', 'smallest'], '--budget cannot be combined with --preset smallest'],
    [['--preset', 'fastest', '--bits', '3'], '--bits cannot be combined with --preset fastest'],
    [['--preset', 'fastest', '--pin', '*=3'], '--pin needs a --budget'],
    [['--bits', '3', '--sensitivity', 'depth'], '--sensitivity needs a --budget'],
    [['--bits', '3', '--reconstruction', 'nearest'], '--reconstruction needs a --budget, or a --codec other'],
    [['--pin', '/(/=3'], '/(/ is not a valid regular expression'],
    [['--pin', 'mat:*=3'], 'a rule for *: there is no task "mat"; did you mean "math"?'],
    [['--pin', '*=three'], '"three" is not a number'],
    [['--ceiling', '*'], 'PATTERN=NUMBER was expected'],
    [['--codec', 'entropy', '--bits', '3'], 'entropy coding has no fixed width; give it a --budget'],
    [['--codec', 'minmax', '--group-size', '64'], '--group-size cannot be combined with codec minmax'],
    [['--codec', 'gaussian', '--group-size', '48'], 'one of 0, 32, 64, 128, 256 was expected'],
    [['--codec', 'gaussian', '--preset', 'fastest'], '--codec cannot be combined with --preset fastest'],
    [['--prune', '1'], '--prune 1: a share must be 0 or more, and less than 1'],
    [['--prune', 'half'], '"half" is not a number'],
  ])('%j', async (flags, message) => {
    const { status, stdout, stderr } = await quantize(output(), ...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test.each([
    [['--method', 'task_arithmetic', '--param', 'scale='], 'scale is "", a number was expected'],
    [['--method', 'task_arithmetic', '--param', 'scale=1,,2'], 'scale is "1,,2", a number was expected'],
    [['--method', 'task_arithmetic', '--param', 'scale=1e400'], 'scale is "1e400", a number was expected'],
    [
      ['--method', 'task_arithmetic', '--param', 'scale=1', '--param', 'scale=2'],
      '--param scale=2: scale is given twice, first as scale=1',
    ],
    [
      ['--method', 'ties', '--weight', 'math=1', '--weight', 'math=1'],
      '--weight math=1: math is given twice',
    ],
    [['--method', 'ties', '--weight', 'math= '], '--weight math= : a number was expected'],
    [['--method', 'ties', '--lines', ',1'], '--lines ,1: ALPHA,BETA was expected'],
    [['--method', 'ties', '--task', `math=${base}`], 'two inputs are named "math", of '],
    [['--method', 'ties', '--task', `a b=${base}`], '--task name "a b": a task name has up to 128'],
    [
      ['--recipe', 'r.yml', '--param', 'a=1', '--weight', 'b=1', '--lines', '1,1'],
      '--recipe says what is merged; leave out --base, --task, --param, --weight, --lines',
    ],
  ])('merge %j', async (flags, message) => {
    const { status, stdout, stderr } = await tvq('merge', '--base', base, ...tasks, '-o', output(), ...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

test('verify: 0 when whole, 1 when damaged', async () => {
  const file = output();
  await quantize(file);
  expect((await tvq('verify', file)).status).toBe(0);
  const bytes = await readFile(file);
  const { payload } = (await openTvq(file)).tasks[0]?.records.find(record => record.payload) ?? {};
  bytes[payload?.offset as number]! ^= 4;
  await writeFile(file, bytes);
  const { status, stdout } = await started('verify', file);
  expect(status).toBe(1);
  expect(stdout).toMatch(/damaged\ntensor ".*" of ".*"\n/);
  expect((await tvq('verify', join(folder, 'nowhere.tvq'))).stderr).toContain('there is no such file');
});

test('inspect shows checkpoints and .tvq files, and says what is neither', async () => {
  const { status, stdout } = await tvq('inspect', base, LLAMA_TASKS[0]!.path);
  expect(status).toBe(0);
  expect(stdout).toContain('LlamaForCausalLM');
  const checkpoint = join(folder, 'renamed.tvq');
  await writeFile(checkpoint, await readFile(join(LLAMA_TASKS[0]!.path, 'model.safetensors')));
  expect((await tvq('inspect', checkpoint)).stderr).toContain('a safetensors file, but not a .tvq file');
});

test('devices lists both backends and says why one is chosen', async () => {
  const { status, stdout } = await started('devices', '--json');
  expect(status).toBe(0);
  const report = JSON.parse(stdout) as { chosen: string; reason: string; backends: { kind: string }[] };
  expect(report.backends.map(({ kind }) => kind)).toEqual(['cpu', 'webgpu']);
  expect(report.reason.toLowerCase()).toContain(report.chosen);
});

test('restore writes a folder', async () => {
  const file = output();
  await quantize(file);
  const target = join(folder, 'math');
  const of = ['--base', base, '--task', 'math', '--backend', 'cpu'];
  expect((await started('restore', file, ...of, '-o', target)).status).toBe(0);
  expect(await readdir(target)).toContain('model.safetensors');
});
