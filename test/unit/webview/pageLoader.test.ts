import { describe, expect, test, vi } from 'vitest';
import { PageLoader, type RowPage } from '../../../webview/common/pageLoader.ts';

/** A source of `total` rows, each its own index, that answers on command. */
function source(total: number) {
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const asked: number[] = [];
  const fetch = (first: number, count: number) =>
    new Promise<RowPage<number>>((resolve, reject) => {
      asked.push(first);
      const rows = Array.from({ length: Math.max(0, Math.min(count, total - first)) }, (_, at) => first + at);
      waiting.set(first, { resolve: () => resolve({ total, rows }), reject });
    });
  const settle = async (first: number, error?: Error) => {
    const call = waiting.get(first);
    if (error) call?.reject(error);
    else call?.resolve();
    await new Promise(resolve => setTimeout(resolve));
  };
  return { fetch, asked, settle };
}

function setUp(total: number, capacity = 50) {
  const { fetch, asked, settle } = source(total);
  const onLoad = vi.fn();
  const onError = vi.fn();
  const loader = new PageLoader<number>({ fetch, onLoad, onError, pageSize: 10, capacity });
  return { loader, asked, settle, onLoad, onError };
}

describe('PageLoader', () => {
  test('primes with the page of a row', async () => {
    const { loader, asked, settle } = setUp(95);
    const primed = loader.prime(42);
    await settle(40);
    await primed;
    expect(asked).toEqual([40]);
    expect(loader.total).toBe(95);
    expect(loader.row(42)).toBe(42);
    expect(loader.row(39)).toBeUndefined();
  });

  test('rejects when the first page fails', async () => {
    const { loader, settle, onError } = setUp(95);
    const primed = loader.prime(0);
    const refused = expect(primed).rejects.toThrow('gone');
    await settle(0, new Error('gone'));
    await refused;
    expect(onError).not.toHaveBeenCalled();
  });

  test('fetches the pages that are wanted, each once', async () => {
    const { loader, asked, settle, onLoad } = setUp(95);
    loader.want(5, 20);
    loader.want(6, 20);
    expect(asked).toEqual([0, 10]);
    await settle(0);
    expect(asked).toEqual([0, 10, 20]);
    await settle(10);
    await settle(20);
    expect(onLoad).toHaveBeenCalledTimes(3);
    loader.want(5, 20);
    expect(asked).toEqual([0, 10, 20]);
  });

  test('leaves out what was only passed by', async () => {
    const { loader, asked, settle } = setUp(1000);
    for (let row = 0; row < 900; row += 30) loader.want(row, 20);
    expect(asked).toEqual([0, 10]);
    await settle(0);
    await settle(10);
    expect(asked).toEqual([0, 10, 870, 880]);
  });

  test('forgets the least recently used page', async () => {
    const { loader, settle } = setUp(1000, 2);
    for (const first of [0, 10]) {
      loader.want(first, 10);
      await settle(first);
    }
    loader.want(0, 10);
    loader.want(500, 10);
    await settle(500);
    expect(loader.row(0)).toBe(0);
    expect(loader.row(10)).toBeUndefined();
    expect(loader.row(500)).toBe(500);
  });

  test('stops at an error until it is told to retry', async () => {
    const { loader, asked, settle, onError } = setUp(1000);
    loader.want(0, 10);
    await settle(0, new Error('gone'));
    expect(onError).toHaveBeenCalledOnce();
    loader.want(0, 30);
    expect(asked).toEqual([0]);
    loader.retry();
    expect(asked).toEqual([0, 0, 10]);
    await settle(0);
    expect(loader.row(3)).toBe(3);
  });

  test('refuses pages with rows missing', async () => {
    const fetch = () => Promise.resolve({ total: 100, rows: [1, 2, 3] });
    const loader = new PageLoader<number>({ fetch, onLoad: () => {}, onError: () => {} });
    await expect(loader.prime(0)).rejects.toThrow('3 rows came, 100 were expected.');
  });

  test('says nothing once it is closed', async () => {
    const { loader, settle, onLoad, onError } = setUp(1000);
    loader.want(0, 20);
    loader.close();
    await settle(0);
    await settle(10, new Error('gone'));
    expect(onLoad).not.toHaveBeenCalled();
    expect(onError).not.toHaveBeenCalled();
  });
});
