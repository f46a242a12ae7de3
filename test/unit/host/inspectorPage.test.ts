/** What the host takes from the inspector's page, and how it ends work that the page started. */
import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../extension/host/engineErrors.ts';
import { checkMost, checkName, checkQuery, checkWork } from '../../../extension/host/editors/pageQuery.ts';
import { PageWork } from '../../../extension/host/editors/pageWork.ts';
import { checkExport, exportBytes, MAX_EXPORT } from '../../../extension/host/exportedFile.ts';

describe('what a page asks for', () => {
  const query = { search: 'mlp', sort: 'bytes', descending: true, first: 0, count: 5000 };

  test('a query is cut to a page', () => {
    expect(checkQuery({ ...query, more: 1 })).toEqual({ ...query, count: 1000 });
  });

  test.each([
    null,
    'x',
    { ...query, sort: 'toString' },
    { ...query, first: -1 },
    { ...query, search: 'x'.repeat(1001) },
  ])('a wrong query is refused: %j', wrong => expect(() => checkQuery(wrong)).toThrow('query'));

  test('names, kinds of work and counts', () => {
    expect(checkName('a/b"<')).toBe('a/b"<');
    expect(() => checkName({})).toThrow('"name"');
    expect(() => checkName('x'.repeat(1025))).toThrow('"name"');
    expect(checkWork('verify')).toBe('verify');
    expect(() => checkWork('constructor')).toThrow('"work"');
    expect([undefined, null, 16].map(checkMost)).toEqual([undefined, undefined, 16]);
    for (const wrong of [0, -1, 1.5, '16', Infinity]) expect(() => checkMost(wrong)).toThrow('"most"');
  });
});

describe('what a page saves', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2]);

  test('pictures and texts become bytes', () => {
    const picture = checkExport({ name: 'map.png', kind: 'png', data: png.toString('base64'), more: 1 });
    expect(picture).not.toHaveProperty('more');
    expect(exportBytes(picture)).toEqual(png);
    const text = checkExport({ name: 'codes.csv', kind: 'csv', data: 'é\r\n' });
    expect(exportBytes(text).toString()).toBe('é\r\n');
  });

  test.each([
    [{ name: '../map.png', kind: 'png', data: '' }, 'name'],
    [{ name: 'map.exe', kind: 'png', data: '' }, 'name'],
    [{ name: 'C:\\map.svg', kind: 'svg', data: '' }, 'name'],
    [{ name: 'map.exe', kind: 'exe', data: '' }, 'kind'],
    [{ name: 'map.png', kind: 'png', data: 'AAAA' }, 'data'],
    [{ name: 'map.svg', kind: 'svg', data: 7 }, 'data'],
    [{ name: 'map.svg', kind: 'svg', data: 'x'.repeat(MAX_EXPORT + 1) }, 'data'],
  ])('anything else is refused', (wrong, field) => {
    expect(() => checkExport(wrong)).toThrow(`"${field}"`);
  });
});

describe('work of a page', () => {
  const never = () => new Promise<never>(() => {});

  test('its outcome, or its failure', async () => {
    const work = new PageWork<'a'>();
    expect(await work.run('a', async () => 7)).toBe(7);
    await expect(work.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await work.run('a', () => Promise.reject(new CancelledError()))).toBeUndefined();
  });

  test('is over at once when it is cancelled, even while it waits', async () => {
    const work = new PageWork<'a' | 'b'>();
    let told = false;
    const waiting = work.run('a', token => {
      token.onCancellationRequested(() => (told = true));
      return never();
    });
    const other = work.run('b', async () => 'b');
    work.cancel('a');
    expect(await waiting).toBeUndefined();
    expect(told).toBe(true);
    expect(await other).toBe('b');
  });

  test('ends when the next of its kind begins, and with the page', async () => {
    const work = new PageWork<'a'>();
    const first = work.run('a', never);
    const second = work.run('a', never);
    expect(await first).toBeUndefined();
    work.dispose();
    expect(await second).toBeUndefined();
  });
});
