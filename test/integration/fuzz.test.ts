/** Every reader over ten thousand mutations; `npm run fuzz` takes any number, and other seeds. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundle } from '../fuzz/bundle.mjs';
import { fuzz, minimised } from '../fuzz/fuzz.ts';
import { READERS } from '../fuzz/readers.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const worker = await bundle('worker', folder);
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
/** A busy machine may stall a thread for seconds. */
const surroundings = { worker, folder, fixtures, hangMs: 20_000 };
const SEED = 12;

const COUNT = 10_000;
/** Takes minutes on a busy machine. */
const LIMIT_MS = 900_000;

test.concurrent.each(Object.keys(READERS))(
  `%s: ${COUNT} mutations are read or refused`,
  async reader => {
    const findings = await fuzz({ reader, seed: SEED, from: 0, to: COUNT }, surroundings);
    expect(findings.map(({ number, why }) => `${number}: ${why}`)).toEqual([]);
  },
  LIMIT_MS,
);

test('an input is made small', async () => {
  const small = await minimised(Buffer.from('aaaaXbbbbbYcc'), bytes =>
    Promise.resolve(/X.*Y/.test(Buffer.from(bytes).toString())),
  );
  expect(Buffer.from(small).toString()).toBe('XY');
});
