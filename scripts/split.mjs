/**
 * Splits the extension into several files: what it imports with `import()` is read and compiled on first use. VS Code
 * waits while an extension is compiled, even for code that is not used.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { transform } from 'esbuild';

/**
 * An esbuild plugin. What the entry imports statically goes into one file: esbuild makes a file for each set of
 * importers, so whatever is imported later also imports the entry. esbuild splits ES modules only, and VS Code requires
 * CommonJS: the files are converted when they are written.
 */
export const split = entry => ({
  name: 'split',
  setup({ initialOptions, onEnd, onLoad, onResolve }) {
    const { minify, platform, sourcemap, target } = initialOptions;
    const conversion = {
      ...{ minify, platform, target, format: 'cjs' },
      sourcemap: sourcemap ? 'external' : false,
      // As a call of `require`, which VS Code answers for `vscode`.
      supported: { 'dynamic-import': false },
    };
    Object.assign(initialOptions, {
      ...{ format: 'esm', splitting: true, write: false },
      sourcemap: sourcemap ? 'inline' : false,
    });
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: resolve(resolveDir, path), namespace: 'later' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({
      contents: `import ${JSON.stringify(resolve(entry))}; export * from ${JSON.stringify(path)};`,
      resolveDir: dirname(path),
    }));
    onEnd(async ({ outputFiles = [] }) => {
      for (const file of outputFiles) await write(file, conversion);
    });
  },
});

/** A source map lies beside its file. */
async function write({ path, text }, conversion) {
  const { code, map } = await transform(text, { ...conversion, sourcefile: path });
  await mkdir(dirname(path), { recursive: true });
  if (!map) return writeFile(path, code);
  await writeFile(`${path}.map`, map);
  await writeFile(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
}
