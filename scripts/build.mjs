/** Builds everything that ships into dist/: `node scripts/build.mjs [--watch] [--production]`. */
import { spawnSync } from 'node:child_process';
import { readdirSync, watch as watchFolder } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { writeMessages } from './messages.mjs';
import { split } from './split.mjs';
import { isStale } from './stale.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  loader: { '.wgsl': 'text' },
  logLevel: 'warning',
  metafile: true,
  outdir: 'dist',
  // Not that of the AssemblyScript beside the stages.
  tsconfig: 'tsconfig.base.json',
};

/** Engine, its threads and the command: ES modules for plain Node. `webgpu` is loaded from node_modules at run
 * time because it opens its native library relative to its own file. */
const node = {
  ...common,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  external: ['webgpu'],
  entryPoints: {
    engine: 'extension/engine/server.ts',
    worker: 'extension/engine/worker.ts',
    tvq: 'extension/engine/cli.ts',
  },
  // CommonJS dependencies inside an ES module bundle need a `require`.
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
};

/** dist/extension.cjs, and dist/host/ for what it loads. */
const host = {
  ...common,
  platform: 'node',
  target: 'node20',
  outExtension: { '.js': '.cjs' },
  chunkNames: 'host/[name]-[hash]',
  external: ['vscode'],
  // zod reads `navigator`, which VS Code reports as an error of the extension.
  define: { navigator: 'undefined' },
  entryPoints: { extension: 'extension/main.ts' },
  plugins: [split('extension/main.ts')],
};

const pages = {
  ...common,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  entryPoints: { inspector: 'webview/inspector/main.ts', studio: 'webview/studio/main.ts' },
};

const KERNELS = 'kernels.wasm';

/** The CPU's kernels: AssemblyScript compiled to one WebAssembly module that imports its memory and exports what the
 * stages' twins and functions/ export. The compiler is the slowest step. @returns whether it compiled */
function buildKernels() {
  const [stages, functions] = ['kernels/stages', 'kernels/functions'];
  const folders = readdirSync(stages, { withFileTypes: true }).filter(entry => entry.isDirectory());
  const sources = [
    ...folders.map(({ name }) => `${stages}/${name}/${name}.ts`),
    ...readdirSync(functions).flatMap(name => (name.endsWith('.ts') ? `${functions}/${name}` : [])),
  ];
  const others = ['kernels/shared', 'package-lock.json'];
  if (!isStale(`dist/${KERNELS}`, [...sources, ...others], [stages, functions])) return true;
  const asc = spawnSync(
    process.execPath,
    [
      'node_modules/assemblyscript/bin/asc.js',
      ...sources,
      '--config',
      'kernels/asconfig.json',
      '--outFile',
      `dist/${KERNELS}`,
    ],
    { stdio: 'inherit' },
  );
  return asc.status === 0;
}

/** The licences of the packages in the bundles; most of them require this. */
async function writeNotices(inputs) {
  const packages = new Set(
    inputs.flatMap(input => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  packages.add('@vscode/codicons');
  const notices = [...packages].sort().map(async name => {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(`${folder}/${file}`, 'utf8') : '';
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  await writeFile(
    'dist/THIRD-PARTY-NOTICES.txt',
    (await Promise.all(notices)).join(`\n${'-'.repeat(80)}\n\n`),
  );
}

await mkdir('dist', { recursive: true });
for (const name of await readdir('dist')) if (name !== KERNELS) await rm(`dist/${name}`, { recursive: true });
const compiled = buildKernels();
if (!compiled && !watch) throw new Error('the AssemblyScript kernels did not compile');
await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css');
await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');

const builds = [node, host, pages];
if (watch) {
  for (const build of builds) await (await esbuild.context(build)).watch();
  // The compiler prints what is wrong; the next change tries again.
  for (const folder of ['functions', 'shared', 'stages']) {
    watchFolder(`kernels/${folder}`, { recursive: true }, () => void buildKernels());
  }
  console.log('[watch] build finished');
} else {
  const results = await Promise.all(builds.map(build => esbuild.build(build)));
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  await writeMessages(inputs.filter(file => /^(extension|webview)\/.*\.ts$/.test(file)));
  await writeNotices(inputs); // last: test/upToDate.mjs takes its time as the time of the build
}
