import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Shader sources are text, as esbuild's `text` loader has it. */
const wgsl = {
  name: 'wgsl',
  load(id: string) {
    return id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined;
  },
};

const project = (name: string, options: object = {}) => ({
  plugins: [wgsl],
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('kernels', { testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' }),
      project('integration', { testTimeout: 120_000, hookTimeout: 120_000 }),
      // A click on a quick pick that VS Code is just redrawing is lost once in a few runs; a fault fails three times.
      project('e2e', { testTimeout: 240_000, hookTimeout: 300_000, fileParallelism: false, retry: 2 }),
    ],
  },
});
