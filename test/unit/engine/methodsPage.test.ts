import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { methodsPage } from '../../../extension/engine/merge/methods/methodsPage.ts';
import { methodInfos } from '../../../extension/engine/merge/methods/registry.ts';

const page = new URL('../../../docs/merge-methods.md', import.meta.url);

test('docs/merge-methods.md is what the registry says', async () => {
  const made = await format(methodsPage(methodInfos()), { parser: 'markdown', printWidth: 110 });
  if (process.env.UPDATE_DOCS) await writeFile(page, made);
  expect(await readFile(page, 'utf8')).toBe(made);
});
