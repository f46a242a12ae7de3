/** Before any test: makes sure that dist/ is built from the current sources. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isStale } from '../scripts/stale.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const SOURCES = ['extension', 'kernels', 'webview', 'scripts', 'package-lock.json'];
/** The file that a build writes last. */
const LAST = 'dist/THIRD-PARTY-NOTICES.txt';

export default function setup() {
  if (
    !isStale(
      root + LAST,
      SOURCES.map(source => root + source),
    )
  )
    return;
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources could not be built');
}
