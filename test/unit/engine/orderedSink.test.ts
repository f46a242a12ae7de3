import { describe, expect, test } from 'vitest';
import type { ItemEvent, ItemReport } from '../../../extension/engine/scheduler/item.ts';
import { MAX_UNWRITTEN, OrderedSink, WriteAhead } from '../../../extension/engine/scheduler/orderedSink.ts';

const piece = (byte: number, length = 1): ItemEvent => ({
  type: 'bytes',
  bytes: new Uint8Array(length).fill(byte),
});
const report: ItemReport = { checksums: [], warnings: [] };

function recorder() {
  const log: string[] = [];
  const failures: unknown[] = [];
  const sink = new OrderedSink(
    {
      accept: async (job, event) => {
        await Promise.resolve();
        log.push(`${job}:${event.type === 'bytes' ? event.bytes[0] : event.type}`);
        if (event.type === 'bytes' && event.bytes[0] === 99) throw new Error('disk full');
      },
      finished: job => void log.push(`${job} done`),
    },
    error => failures.push(error),
  );
  return { sink, log, failures };
}

describe('OrderedSink', () => {
  test('events of later jobs wait for the earlier ones', async () => {
    const { sink, log } = recorder();
    const second = sink.push(1, piece(20));
    sink.finish(1, report);
    await Promise.all([sink.push(0, piece(10)), sink.push(0, piece(11))]);
    expect(log).toEqual(['0:10', '0:11']);
    sink.finish(0, report);
    await second;
    await sink.drained();
    expect(log).toEqual(['0:10', '0:11', '0 done', '1:20', '1 done']);
  });

  test('drained() waits for what is being written', async () => {
    const { sink, log } = recorder();
    void sink.push(0, piece(1));
    sink.finish(0, report);
    await sink.drained();
    expect(log).toEqual(['0:1', '0 done']);
  });

  test('what was being taken is finished when it is stopped, and nothing more is taken', async () => {
    const { sink, log } = recorder();
    void sink.push(0, piece(1));
    void sink.push(0, piece(2));
    await sink.stop();
    sink.finish(0, report);
    await sink.stop();
    expect(log).toEqual(['0:1']);
  });

  test('a failing sink fails the run once', async () => {
    const { sink, failures } = recorder();
    void sink.push(0, piece(99));
    void sink.push(0, piece(99));
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(failures).toEqual([new Error('disk full')]);
  });
});

test('WriteAhead stops a job that runs too far ahead of the disk', async () => {
  const written: (() => void)[] = [];
  const ahead = new WriteAhead(() => new Promise(resolve => written.push(resolve)));
  await ahead.emit(piece(1, MAX_UNWRITTEN));
  let emitted = false;
  const second = ahead.emit(piece(2, 1)).then(() => (emitted = true));
  await new Promise(resolve => setTimeout(resolve, 5));
  expect(emitted).toBe(false);
  written[0]?.();
  await second;
  expect(emitted).toBe(true);
});
