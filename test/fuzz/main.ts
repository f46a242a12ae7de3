/**
 * `npm run fuzz -- COUNT [READER…] [--seed SEED]`: COUNT mutations of what each reader reads, with a new seed each
 * time. What does not give one of our own errors is minimised and kept; `npm run fuzz -- --repeat FILE` reads it again.
 * Exits with 1 if something was found.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fuzz, minimised, type Finding, type Surroundings } from './fuzz.ts';
import { mutation } from './mutation.ts';
import { READERS } from './readers.ts';

const HANG_MS = 1000;
/** Mutations that a thread reads before another takes over. */
const ROUND = 10_000;
const FOUND = 'test/fuzz/found';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, repeat: { type: 'string' }, worker: { type: 'string', default: '' } },
});
const folder = await mkdtemp(join(tmpdir(), 'tvq-fuzz-'));
const surroundings: Surroundings = {
  worker: pathToFileURL(values.worker),
  folder,
  fixtures: join(process.cwd(), 'test/fixtures'),
  hangMs: HANG_MS,
};

const again = (reader: string, bytes: Uint8Array): Promise<Finding[]> =>
  fuzz({ reader, seed: 0, from: 0, to: 1, bytes }, surroundings);

async function keep(finding: Finding): Promise<void> {
  const { reader, seed, number, why } = finding;
  const make = READERS[reader] as (typeof READERS)[string];
  const bytes = finding.bytes ?? mutation(await make(folder, surroundings.fixtures), seed, number);
  const small = await minimised(bytes, async smaller => (await again(reader, smaller)).length > 0);
  await mkdir(FOUND, { recursive: true });
  const file = join(FOUND, `${reader}-${seed}-${number}.bin`);
  await writeFile(file, small);
  console.log(`${reader}, mutation ${number} of seed ${seed}: ${why}`);
  console.log(`  ${small.length} bytes in ${file}; again: npm run fuzz -- --repeat ${file}`);
}

async function repeat(file: string): Promise<number> {
  const reader = basename(file).split('-')[0] as string;
  const findings = await again(reader, await readFile(file));
  console.log(findings.map(({ why }) => why).join('\n') || `${file}: answered as it should be`);
  return findings.length;
}

async function all(count: number, readers: readonly string[], seed: number): Promise<number> {
  let total = 0;
  for (const reader of readers) {
    const started = performance.now();
    const findings: Finding[] = [];
    for (let from = 0; from < count; from += ROUND) {
      const to = Math.min(count, from + ROUND);
      findings.push(...(await fuzz({ reader, seed, from, to }, surroundings)));
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${reader}: ${count} mutations of seed ${seed}, ${findings.length} findings, ${seconds} s`);
    // Keeps one of each kind: the same line of code throws for many inputs.
    const kinds = new Map(findings.map(finding => [finding.why.split('\n').slice(0, 2).join(), finding]));
    for (const { number, why } of kinds.values()) console.log(`  ${number}: ${why.split('\n')[0]}`);
    for (const finding of kinds.values()) await keep(finding);
    total += findings.length;
  }
  return total;
}

try {
  const [count = '10000', ...named] = positionals;
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const strange = named.find(name => !(name in READERS));
  if (strange !== undefined)
    throw new Error(`there is no reader "${strange}"; there are ${Object.keys(READERS).join(', ')}`);
  const readers = named.length > 0 ? named : Object.keys(READERS);
  const found =
    values.repeat === undefined ? await all(Number(count), readers, seed) : await repeat(values.repeat);
  process.exitCode = found > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
