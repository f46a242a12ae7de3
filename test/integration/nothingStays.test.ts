/** Jobs that are cancelled or fail leave neither file handles nor threads behind, at whatever point that happens. */
import { readdir, readlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { fixture } from '../checkpoints.ts';
import {
  checkpointInput,
  hooks,
  LLAMA_TASKS,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restoreRecipe,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const file = path('.tvq');
const inputs = LLAMA_TASKS.map(({ name, path }) => checkpointInput(path, name));
beforeAll(() => quantize(recipe(file)));

/** Files of models and outputs that this process has open, threads included. */
async function openFiles(): Promise<string[]> {
  const handles = await readdir('/proc/self/fd');
  const paths = await Promise.all(handles.map(fd => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  return paths.filter(target =>
    [dirname(file), dirname(fixture('llama'))].some(folder => target.startsWith(folder)),
  );
}

const threads = () => readdir('/proc/self/task').then(tasks => tasks.length);

const COMMANDS: Record<string, (more: engine.Hooks) => Promise<unknown>> = {
  quantize: more => engine.quantize(recipe(path('.tvq')), OPTIONS, more),
  analyze: more => engine.analyze(recipe(path('.tvq')), OPTIONS, more),
  merge: more =>
    engine.merge(
      mergeRecipe(path(), 'ties', inputs, { base: fixture('llama/base'), shardBytes: 16_000 }),
      OPTIONS,
      more,
    ),
  restore: more => engine.restore(restoreRecipe(file, 'math', path()), OPTIONS, more),
  verify: more => engine.verify(file, more),
  compare: more => engine.compareTasks({ file }, undefined, OPTIONS, more),
};

test.skipIf(platform() !== 'linux').each(Object.entries(COMMANDS))(
  '%s that is cancelled',
  async (_, command) => {
    await command(hooks()); // what the process keeps for its lifetime is open by now
    const before = await threads();
    for (const after of [0, 1, 12]) {
      const stop = new AbortController();
      let done = 0;
      if (after === 0) stop.abort();
      const onProgress = () => (++done === after ? stop.abort() : undefined);
      const end = await command({ signal: stop.signal, onProgress }).then(
        () => 'done',
        (error: Error) => error.message,
      );
      // A small file may already be checked by then.
      expect(end, `after ${after} tensors`).toMatch(
        command === COMMANDS['verify'] ? /cancelled|done/ : /cancelled/,
      );
      expect(await openFiles(), `after ${after} tensors`).toEqual([]);
      expect(await threads(), `after ${after} tensors`).toBeLessThanOrEqual(before);
    }
    const left = (await readdir(dirname(file))).filter(name => name.startsWith('.'));
    expect(left).toEqual([]);
  },
);
