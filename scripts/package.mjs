/**
 * Builds and packages the extension: `node scripts/package.mjs [--target TARGET|universal] [--out FILE.vsix]`.
 * A platform's package holds only that platform's GPU library; `universal` has none and computes on the CPU.
 */
import { spawnSync } from 'node:child_process';
import { access, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/** VS Code's name for a platform, and the folder in `webgpu` with its library. */
const LIBRARIES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-universal',
  'darwin-arm64': 'darwin-universal',
  'win32-x64': 'win32-x64',
  'win32-arm64': 'win32-arm64',
};

/** What .vscodeignore chooses from. */
const PARTS = ['.vscodeignore', 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
/** Texts of package.json, by language. */
const TEXTS = /^package\.nls(\..+)?\.json$/;
const FOLDERS = [join('extension', 'media'), join('extension', 'l10n'), 'dist'];

/** What a build leaves in dist/: without any one of these the package would install but not work. */
const BUILT = [
  ...['extension.cjs', 'host', 'engine.mjs', 'worker.mjs', 'tvq.mjs', 'kernels.wasm'],
  ...['inspector.js', 'inspector.css', 'studio.js', 'studio.css'],
];

/** Packages dist/ unchanged for `target`, and writes the package to `out`. */
export async function packageExtension(target, out) {
  if (target !== 'universal' && !(target in LIBRARIES)) {
    throw new Error(`unknown target "${target}"; one of ${Object.keys(LIBRARIES).join(', ')}, universal`);
  }
  for (const file of BUILT) {
    await access(join(root, 'dist', file)).catch(() => {
      throw new Error(`dist/${file} is missing: run "npm run build" first`);
    });
  }
  const stage = await mkdtemp(join(tmpdir(), 'tvq-package-'));
  try {
    const texts = (await readdir(root)).filter(name => TEXTS.test(name));
    for (const part of [...PARTS, ...texts, ...FOLDERS])
      await cp(join(root, part), join(stage, part), { recursive: true });
    if (target !== 'universal') await addLibrary(LIBRARIES[target], stage);
    runVsce(stage, target, resolve(out));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/**
 * Puts `webgpu` where the engine's `import 'webgpu'` finds it first. It goes into dist/ because everything else is
 * bundled: with --no-dependencies vsce does not check the whole tree of installed packages, and leaves out a top-level
 * node_modules.
 */
async function addLibrary(library, stage) {
  const source = join(root, 'node_modules', 'webgpu');
  const target = join(stage, 'dist', 'node_modules', 'webgpu');
  for (const file of ['package.json', 'index.js', 'LICENSE.md', join('dist', library)]) {
    await cp(join(source, file), join(target, file), { recursive: true });
  }
}

function runVsce(cwd, target, out) {
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = ['package', '--out', out, '--no-dependencies', '--allow-missing-repository'];
  // Links in the README stay relative: there is no repository address to complete them with.
  args.push('--no-rewrite-relative-links');
  if (target !== 'universal') args.push('--target', target);
  const { status } = spawnSync(process.execPath, [vsce, ...args], { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`vsce could not package for ${target}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: `${process.platform}-${process.arch}` },
      out: { type: 'string' },
    },
  });
  const build = spawnSync(process.execPath, ['scripts/build.mjs', '--production'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (build.status !== 0) throw new Error('the build failed');
  await packageExtension(values.target, values.out ?? join(root, `tvq-studio-${values.target}.vsix`));
}
