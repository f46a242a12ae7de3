/** What all tests in a real VS Code share: our package, installed once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageExtension } from '../../../scripts/package.mjs';
import { findCodeServer } from '../../provision/find.mjs';
import { installExtensions } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of VS Code's extensions with ours; undefined: there is no VS Code. */
    extensions: string | undefined;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const program = await findCodeServer();
  if (program === undefined) {
    project.provide('extensions', undefined);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'tvq-e2e-package-'));
  const vsix = join(folder, 'tvq-studio.vsix');
  const extensions = join(folder, 'extensions');
  await packageExtension(`${process.platform}-${process.arch}`, vsix);
  installExtensions(program, extensions, [vsix], folder);
  project.provide('extensions', extensions);
  return () => rm(folder, { recursive: true, force: true });
}
