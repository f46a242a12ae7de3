/** Bundles the readers and runs main.ts; see there for what it takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const folder = await mkdtemp(join(tmpdir(), 'tvq-fuzz-bundle-'));
try {
  const [main, worker] = await Promise.all(['main', 'worker'].map(name => bundle(name, folder)));
  process.argv.push('--worker', fileURLToPath(worker));
  await import(main.href);
} finally {
  await rm(folder, { recursive: true, force: true });
}
