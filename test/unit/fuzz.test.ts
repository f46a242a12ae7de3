/** Every reader over mutations of what it reads; `npm run fuzz` takes any number, and other seeds. */
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
  ['index', 10_000],
  ['config', 10_000],
  ['recipe', 10_000],
  ['tvq', 10_000],
  ['adapter', 10_000],
  ['journal', 10_000],
  ['analysis', 10_000],
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
