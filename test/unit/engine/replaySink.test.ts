import { describe, expect, test } from 'vitest';
import type { ItemEvent, ItemReport } from '../../../extension/engine/scheduler/item.ts';
import { ReplaySink } from '../../../extension/engine/scheduler/replaySink.ts';

const begin = (output: number): ItemEvent => ({ type: 'begin', output, codec: 'exact', bytes: 9 });
const bytes = (text: string): ItemEvent => ({ type: 'bytes', bytes: new Uint8Array(Buffer.from(text)) });
const end = (output: number): ItemEvent => ({
  type: 'end',
  output,
  outcome: { codec: 'exact', scales: [0, 0], checksum: '', errors: [0, 0] },
});
const report: ItemReport = { checksums: [], warnings: [] };

function recorder() {
  const log: string[] = [];
  const sink = new ReplaySink({
    accept: async (job, event) => {
      await Promise.resolve();
      const what =
        event.type === 'bytes' ? Buffer.from(event.bytes).toString() : `${event.type}${event.output}`;
      if (what === 'full') throw new Error('disk full');
      log.push(`${job}:${what}`);
    },
    finished: job => void log.push(`${job} done`),
  });
  return { sink, log };
}

/** A job that writes two outputs, in other pieces on another backend. */
const pieces = (...of: string[]) => of.map(bytes);
const whole = (first: ItemEvent[]): ItemEvent[] => [
  begin(0),
  ...first,
  end(0),
  begin(1),
  ...pieces('xyz'),
  end(1),
];

describe('ReplaySink', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'a second run goes on where the first stopped, after %d events',
    async taken => {
      const { sink, log } = recorder();
      for (const event of whole([])) await sink.accept(0, event);
      await sink.finished(0, report);
      for (const event of whole(pieces('abcd', 'ef')).slice(0, taken)) await sink.accept(1, event);
      const again = sink.rest();
      for (const event of whole(pieces('ab', 'cde', 'f'))) await again.accept(0, event);
      await again.finished(0, report);
      for (const event of whole([])) await again.accept(1, event);
      const second = log.slice(log.indexOf('0 done') + 1);
      const text = second
        .map(one => one.replace(/^\d:(begin|end)(\d)/, ' $1$2 ').replace(/^\d:/, ''))
        .join('');
      expect(text).toBe(' begin0 abcdef end0  begin1 xyz end1 1 done begin0  end0  begin1 xyz end1 ');
      expect(second.at(-1)).toBe('2:end1');
    },
  );

  test('an output that the first run began once and the second begins again is begun again', async () => {
    const { sink, log } = recorder();
    for (const event of [begin(0), bytes('abcd')]) await sink.accept(0, event);
    const again = sink.rest();
    for (const event of [begin(0), bytes('ab'), begin(0), bytes('1234'), end(0)])
      await again.accept(0, event);
    expect(log).toEqual(['0:begin0', '0:abcd', '0:begin0', '0:1234', '0:end0']);
  });

  test('knows that the output failed, which no other backend mends', async () => {
    const { sink } = recorder();
    expect(sink.failed).toBe(false);
    await expect(sink.accept(0, bytes('full'))).rejects.toThrow('disk full');
    expect(sink.failed).toBe(true);
  });
});
