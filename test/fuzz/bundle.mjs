/** Bundles readers and their sources into one file that a thread can run. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** @param {string} name of the source in this folder @param {string} folder where the bundle goes */
export async function bundle(name, folder) {
  await mkdir(folder, { recursive: true });
  const outfile = `${folder}/${name}.mjs`;
  await esbuild.build({
    entryPoints: [`${root}test/fuzz/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['webgpu'],
    loader: { '.wgsl': 'text' },
    // Code looks for build outputs beside itself, so pretend that the bundle is in dist/.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${root}dist/fuzz.mjs`).href) },
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(process.cwd() + '/');",
    },
    logLevel: 'warning',
  });
  return pathToFileURL(outfile);
}
