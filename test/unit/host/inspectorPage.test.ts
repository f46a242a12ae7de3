/** What the host accepts from the inspector's page, and how it ends work that the page started. */
import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../extension/host/engineErrors.ts';
import { PageWork } from '../../../extension/host/editors/pageWork.ts';
import { exportBytes } from '../../../extension/host/exportBytes.ts';
import { checkSent, guarded } from '../../../extension/host/pageCalls.ts';
import { exportedFile, MAX_EXPORT } from '../../../extension/protocol/exports.ts';
import { INSPECTOR_CALLS, type InspectorHost } from '../../../extension/protocol/inspector.ts';
import { STUDIO_CALLS, type StudioHost } from '../../../extension/protocol/studio.ts';

describe('what a page asks for', () => {
  const query = { search: 'mlp', sort: 'bytes', descending: true, first: 0, count: 5000 };

  /** A host that answers with what it was given. */
  const echo = <Host extends object>() =>
    new Proxy({} as Host, {
      get:
        () =>
        (...args: unknown[]) =>
          args,
    });
  const inspector = guarded(echo<InspectorHost>(), INSPECTOR_CALLS) as unknown as Answers<InspectorHost>;
  const studio = guarded(echo<StudioHost>(), STUDIO_CALLS) as unknown as Answers<StudioHost>;
  type Answers<Host> = Record<keyof Host, (...args: unknown[]) => Promise<unknown>>;

  test('nothing but its fields arrives', async () => {
    expect(await inspector.tensors({ ...query, more: 1 }, 'more')).toEqual([query]);
    expect(await inspector.open('more')).toEqual([]);
  });

  test('what the host has not is not there', () => {
    for (const name of ['toString', 'constructor', 'dispose'])
      expect(Object.hasOwn(inspector, name)).toBe(false);
  });

  test.each([
    [null, ''],
    ['x', ''],
    [{ ...query, sort: 'toString' }, 'sort'],
    [{ ...query, first: -1 }, 'first'],
    [{ ...query, count: 0.5 }, 'count'],
    [{ ...query, descending: 1 }, 'descending'],
    [{ ...query, search: 'x'.repeat(1001) }, 'search'],
  ])('a wrong query is refused: %.60j', async (wrong, field) => {
    await expect(inspector.tensors(wrong)).rejects.toThrow(`"${field}"`);
    await expect(inspector.exportCsv(wrong)).rejects.toThrow(`"${field}"`);
  });

  test('names, kinds of work and counts', async () => {
    expect(await inspector.detail('a/b"<', 't')).toEqual(['a/b"<', 't']);
    await expect(inspector.detail('v', {})).rejects.toThrow('not valid');
    await expect(inspector.detail('x'.repeat(1025), 't')).rejects.toThrow('not valid');
    expect(await inspector.cancel('verify')).toEqual(['verify']);
    await expect(inspector.cancel('constructor')).rejects.toThrow('not valid');
    for (const { compare } of [inspector, studio]) {
      expect(await Promise.all([undefined, null, 16].map(most => compare(most)))).toEqual([
        [undefined],
        [undefined],
        [16],
      ]);
      for (const wrong of [0, -1, 1.5, '16', Infinity])
        await expect(compare(wrong)).rejects.toThrow('not valid');
    }
  });

  const order = { budget: '2bpw', sensitivity: 'energy', rules: [{ tensors: '*.mlp.*', bits: 4 }] };

  test('an order', async () => {
    expect(await studio.quantize(order)).toEqual([order]);
    expect(await studio.copyCommand({ ...order, sensitivity: null, more: 1 })).toEqual([
      { ...order, sensitivity: undefined },
    ]);
  });

  test.each([
    [{ ...order, budget: 7 }, 'budget'],
    [{ ...order, budget: 'much' }, 'much'],
    [{ ...order, budget: `${'1'.repeat(100)}B` }, 'budget'],
    [{ ...order, sensitivity: 'toString' }, 'sensitivity'],
    [{ ...order, rules: {} }, 'rules'],
    [{ ...order, rules: Array.from({ length: 4097 }, () => ({ tensors: '*' })) }, 'rules'],
    [{ ...order, rules: [{ tensors: '' }] }, 'rules.0.tensors'],
    [{ ...order, rules: [{ tensors: '/(/' }] }, 'rules.0.tensors'],
    [{ ...order, rules: [{ tensors: '*', bits: 33 }] }, 'rules.0.bits'],
    [{ ...order, rules: [{ tensors: '*', min: -1 }] }, 'rules.0.min'],
    [{ ...order, rules: [{ tensors: '*', max: '8' }] }, 'rules.0.max'],
    [{ ...order, rules: [{ tensors: '*', task: 7 }] }, 'rules.0.task'],
    [undefined, 'expected object'],
  ])('a wrong order is refused: %.60j', async (wrong, field) => {
    await expect(studio.quantize(wrong)).rejects.toThrow(field);
    await expect(studio.copyCommand(wrong)).rejects.toThrow(field);
  });

  test('outputs are texts', async () => {
    for (const name of ['openResult', 'chooseMergeOutput', 'startEvaluation', 'forgetMerge'] as const)
      for (const wrong of [undefined, 7, {}]) await expect(studio[name](wrong)).rejects.toThrow('not valid');
  });
});

describe('what a page saves', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2]);

  test('pictures and texts become bytes', () => {
    const picture = checkSent(exportedFile, {
      name: 'map.png',
      kind: 'png',
      data: png.toString('base64'),
      more: 1,
    });
    expect(picture).not.toHaveProperty('more');
    expect(exportBytes(picture)).toEqual(png);
    const text = checkSent(exportedFile, { name: 'codes.csv', kind: 'csv', data: 'é\r\n' });
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
    expect(() => checkSent(exportedFile, wrong)).toThrow(`"${field}"`);
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
