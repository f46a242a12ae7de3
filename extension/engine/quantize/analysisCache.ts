/**
 * Analyses, kept in a folder so that another budget for the same checkpoints does not measure again. A file's name is a
 * hash of everything that determines its content; its first line is the content's hash, which reveals damage.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicFile } from '../../files/atomic.ts';
import { readRegular } from '../../formats/regularFile.ts';
import { hiddenKind } from '../../files/hiddenNames.ts';
import { TOOL } from '../../shared/version.ts';
import type { Analysis } from './measured.ts';
import type { QuantizePlan } from './plan.ts';

/** To be raised with every change of what is measured, or of how it is stored. */
const FORMAT = 8;

const SUFFIX = '.analysis';
/** What an analysis depends on. */
type Measured = Pick<QuantizePlan, 'items' | 'stamps'>;

/** Limits of a folder: the most recently used files are kept. */
const MAX_FILES = 16;
const MAX_BYTES = 256 * 2 ** 20;

/**
 * A plan's analysis from `folder`, or what `measure` finds, which is then stored there. A folder that cannot be read or
 * written is ignored.
 */
export async function cached(
  folder: string | undefined,
  plan: Measured,
  measure: () => Promise<Analysis>,
): Promise<Analysis> {
  if (folder === undefined) return measure();
  const key = keyOf(plan);
  const file = join(folder, `${key}${SUFFIX}`);
  const known = await read(file).catch(() => undefined);
  if (known) return known;
  const analysis = await measure();
  await keep(folder, file, analysis).catch(() => undefined);
  return analysis;
}

/** Identifies checkpoints by their files' stamps, and tensors by their positions in them. */
function keyOf({ items, stamps }: Measured): string {
  const tensors = items.map(({ tensor, base, shared, reconstruction, tasks, prune }) => [
    tensor,
    base,
    prune,
    // Offsets are relative to the restored shared vector.
    shared && reconstruction,
    tasks.map(({ output, source, coding }) => [output, source, coding]),
  ]);
  return sha256(JSON.stringify([FORMAT, TOOL, stamps, tensors]));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function read(file: string): Promise<Analysis | undefined> {
  const text = (await readRegular(file, MAX_BYTES)).toString();
  const end = text.indexOf('\n');
  const content = text.slice(end + 1);
  if (end < 0 || sha256(content) !== text.slice(0, end)) return undefined;
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
  const analysis = JSON.parse(content) as Analysis;
  // JSON cannot represent them.
  const tensors = analysis.tensors.map(one =>
    one.finite ? one : { ...one, energy: NaN, min: NaN, max: NaN },
  );
  return { ...analysis, tensors };
}

async function keep(folder: string, file: string, analysis: Analysis): Promise<void> {
  const content = JSON.stringify(analysis);
  const bytes = Buffer.from(`${sha256(content)}\n${content}`);
  if (bytes.length > MAX_BYTES) return;
  const output = await AtomicFile.create(file, { overwrite: true, start: 0, own: true });
  try {
    await output.append(bytes);
    await output.commit();
  } catch (error) {
    await output.discard();
    throw error;
  }
  await removeOld(folder);
}

/** A half-written file of a killed run may never be needed again; writing one takes a second. */
const LEFT_MS = 24 * 3600_000;

/** Removes the files that were used longest ago until the rest is within limits, and leftovers of killed runs. */
async function removeOld(folder: string): Promise<void> {
  const there = await readdir(folder);
  for (const path of there.filter(name => hiddenKind(name)).map(name => join(folder, name)))
    if (Date.now() - (await stat(path)).mtimeMs > LEFT_MS) await rm(path, { force: true });
  const names = there.filter(name => name.endsWith(SUFFIX));
  const files = await Promise.all(
    names.map(async name => {
      const path = join(folder, name);
      const { mtimeMs, size } = await stat(path);
      return { path, mtimeMs, size };
    }),
  );
  let bytes = 0;
  for (const [i, { path, size }] of files.sort((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
    bytes += size;
    if (i >= MAX_FILES || bytes > MAX_BYTES) await rm(path, { force: true });
  }
}
