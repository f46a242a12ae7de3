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
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // A page, a process or a file is there when a machine with other work has come to it, which no second bounds.
    expect: { poll: { timeout: 30_000 } },
    ...options,
  },
});

export default defineConfig({
  test: {
    globalSetup: ['test/upToDate.mjs', 'test/sharedFolder.ts'],
    // vitest itself would leave one core of two idle.
    maxWorkers: '100%',
    projects: [
      project('unit', { testTimeout: 120_000, hookTimeout: 120_000, isolate: false }),
      project('pages', {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        isolate: false,
        globalSetup: 'test/pages/harness/setup.ts',
      }),
      project('kernels', { testTimeout: 120_000, hookTimeout: 120_000, isolate: false }),
      project('integration', { testTimeout: 120_000, hookTimeout: 120_000, isolate: false }),
      project('e2e', {
        testTimeout: 240_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        isolate: false,
        // After the others: a machine that computes as well shows a window late.
        sequence: { groupOrder: 1 },
        globalSetup: 'test/e2e/harness/setup.ts',
      }),
    ],
  },
});
