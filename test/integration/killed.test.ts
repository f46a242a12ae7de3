/** A process that replaces an output, killed before each of its system calls: the old or the new output is there. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { hiddenBeside } from '../../extension/files/hiddenNames.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import { NEW, OLD, replace, type Kind } from '../faults/replace.ts';
import { runWith } from '../faults/run.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const script = path('.mjs');

beforeAll(async () => {
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL('../faults/replaceMain.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
    },
  });
});

/** All calls that change the disk. */
const CALLS = ['open', 'write', 'sync', 'rename', 'link', 'rm', 'mkdir'];

/** The value of an output's weights, which must be complete. */
async function valueOf(file: string): Promise<number> {
  const bytes = await readFile(file);
  expect(bytes.length).toBe(8 + bytes.readUInt32LE(0) + 16);
  return bytes.readFloatLE(bytes.length - 4);
}

/** Kills a run before its nth call. @returns whether there was one */
async function killAt(nth: number, kind: Kind): Promise<boolean> {
  const target = join(path(), kind === 'file' ? 'out.safetensors' : 'out');
  const weights = (at: string) => (kind === 'file' ? at : join(at, 'model.safetensors'));
  await mkdir(dirname(weights(target)), { recursive: true });
  await writeSafetensors(weights(target), { w: f32([4], () => OLD) });
  if (kind !== 'file') await writeFile(join(target, 'config.json'), '{}');

  const { killed, status, stderr } = await runWith({ calls: CALLS, nth, effect: 'kill' }, script, [
    kind,
    target,
  ]);
  const where = `${kind}, call ${nth}: ${stderr}`;
  expect(killed || status === 0, where).toBe(true);

  // At no moment are both gone.
  const [aside] = await hiddenBeside(target, 'old');
  const values = await Promise.all(
    [target, ...(aside ? [aside] : [])].map(at => valueOf(weights(at)).catch(() => undefined)),
  );
  expect(
    values.some(value => value === OLD || value === NEW),
    where,
  ).toBe(true);

  // The next reader finds one of them, complete, and the next writer tidies up.
  const { files } = await openCheckpoint(target);
  expect([OLD, NEW], where).toContain(await valueOf(files[0] as string));
  await replace(kind, target);
  expect(await valueOf(weights(target)), where).toBe(NEW);
  expect(await readdir(dirname(target)), where).toEqual([basename(target)]);
  if (kind !== 'file')
    expect((await readdir(target)).sort(), where).toEqual(
      kind === 'model' ? ['README.md', 'model.safetensors'] : ['model.safetensors'],
    );
  return killed;
}

test.each(['file', 'folder', 'model'] as const)('%s', async kind => {
  let calls = 0;
  while ((await Promise.all([1, 2, 3, 4].map(more => killAt(calls + more, kind)))).every(Boolean)) calls += 4;
  expect(calls).toBeGreaterThanOrEqual(8); // kills really happened
});
