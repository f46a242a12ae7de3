/** Every reader over as many mutations as fit into seconds; `npm run fuzz` takes any number, and other seeds. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundle } from '../fuzz/bundle.mjs';
import { fuzz, minimised } from '../fuzz/fuzz.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const worker = await bundle('worker', folder);
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
/** A busy machine may stop a thread for seconds. */
const surroundings = { worker, folder, fixtures, hangMs: 20_000 };
const SEED = 12;

test.concurrent.each([
  ['header', 10_000],
  ['index', 3_000],
  ['config', 1_000],
  ['recipe', 1_000],
  ['tvq', 500],
  ['adapter', 3_000],
  ['journal', 3_000],
  ['analysis', 300],
])('%s: %i mutations are read or refused', async (reader, count) => {
  const findings = await fuzz({ reader, seed: SEED, from: 0, to: count }, surroundings);
  expect(findings.map(({ number, why }) => `${number}: ${why}`)).toEqual([]);
});

test('an input is made small', async () => {
  const small = await minimised(Buffer.from('aaaaXbbbbbYcc'), bytes =>
    Promise.resolve(/X.*Y/.test(Buffer.from(bytes).toString())),
  );
  expect(Buffer.from(small).toString()).toBe('XY');
});
