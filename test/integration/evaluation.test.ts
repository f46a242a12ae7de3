/** The user's evaluation command, run for real. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runEvaluation } from '../../extension/host/evaluation/run.ts';
import { needs } from '../needs.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const model = join(folder, "merged model's");
const node = `"${process.execPath}"`;

beforeAll(async () => {
  await mkdir(model);
  await writeFile(join(model, 'score.txt'), '0.75');
  await writeFile(
    join(folder, 'score.mjs'),
    `import { readFileSync } from 'node:fs';
    const score = Number(readFileSync(process.argv[2] + '/score.txt', 'utf8'));
    console.error('loading é');
    console.log(JSON.stringify({ accuracy: { mean: score }, folder: process.cwd().length }));
    console.log('done');`,
  );
  // A grandchild process that would run for long, and reports its id.
  await writeFile(
    join(folder, 'sleep.mjs'),
    `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    if (process.argv[3] === undefined) spawn(process.execPath, [...process.argv.slice(1), 'child'], { stdio: 'inherit' });
    else { writeFileSync('child.pid', String(process.pid)); console.log('sleeping'); }
    setInterval(() => {}, 1000);`,
  );
});

async function evaluate(
  command: string,
  signal = new AbortController().signal,
  onLine?: (line: string) => void,
) {
  const lines: string[] = [];
  const listener = onLine ?? ((line: string) => void lines.push(line));
  const metrics = await runEvaluation({ command, model, folder, signal, onLine: listener });
  return { metrics, lines };
}

describe('an evaluation', () => {
  test('runs in the workspace folder with the model, and gives its numbers', async () => {
    const { lines, metrics } = await evaluate(`${node} score.mjs \${model}`);
    expect(metrics).toEqual([
      { name: 'accuracy.mean', value: 0.75 },
      { name: 'folder', value: folder.length },
    ]);
    expect(lines).toEqual(expect.arrayContaining(['loading é', 'done']));
  });

  test('may be a pipeline', needs('POSIX shell', process.platform !== 'win32'), async () => {
    const { metrics } = await evaluate(`${node} score.mjs "\${model}" | grep accuracy`);
    expect(metrics[0]).toEqual({ name: 'accuracy.mean', value: 0.75 });
  });

  test('that fails says how, with the last line of its errors', async () => {
    const fails = `${node} -e "console.error('no GPU'); process.exit(3)"`;
    await expect(evaluate(fails)).rejects.toThrow('The evaluation command ended with exit code 3: no GPU');
  });

  test('without numbers says what was expected', async () => {
    await expect(evaluate(`${node} -e "console.log('ok')"`)).rejects.toThrow(
      'The evaluation gave no numbers: the last line is "ok". The last line should be a JSON object of numbers',
    );
  });

  test('that is cancelled ends with all that it started', async () => {
    const abort = new AbortController();
    const running = evaluate(`${node} sleep.mjs \${model}`, abort.signal, line => {
      if (line === 'sleeping') abort.abort();
    });
    await expect(running).rejects.toThrow(/abort/i);
    const pid = Number(await readFile(join(folder, 'child.pid'), 'utf8'));
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test('that is cancelled before it starts does not start', async () => {
    await expect(evaluate(`${node} score.mjs`, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
