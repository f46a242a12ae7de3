/** The numbers that an evaluation prints. */
import { describe, expect, it } from 'vitest';
import {
  MAX_LINE,
  MAX_METRICS,
  MetricsReader,
  readMetrics,
} from '../../../../extension/host/evaluation/metrics.ts';

const readLines = (...lines: string[]) => {
  const reader = new MetricsReader();
  for (const line of lines) reader.line(line);
  return reader.result();
};
const numbers = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, i])));

describe('a line', () => {
  it('has its numbers in order, nested ones with dots', () => {
    expect(readMetrics('{"acc":{"cars":0.5,"dtd":{"top5":1}},"loss":-2e-3}')).toEqual([
      { name: 'acc.cars', value: 0.5 },
      { name: 'acc.dtd.top5', value: 1 },
      { name: 'loss', value: -0.002 },
    ]);
  });

  it.each([
    ['done', 'the last line is "done"'],
    ['[0.5]', 'the last line is "[0.5]"'],
    ['0.5', 'the last line is "0.5"'],
    ['{}', 'the object is empty'],
    ['{"acc":"0.5"}', '"acc" is not a number but "0.5"'],
    ['{"a":{"b":null}}', '"a.b" is not a number but null'],
    ['{"a":[1]}', '"a" is not a number but [1]'],
    ['{"a":1e999}', '"a" is not a number'],
    [numbers(MAX_METRICS + 1), 'more than 50 numbers'],
    [`{"a":${' '.repeat(MAX_LINE)}1}`, 'more than 64 kB'],
  ])('%.40s is refused', (line, why) => {
    expect(readMetrics(line)).toContain(why);
  });

  it('may have as many as are allowed', () => {
    expect(readMetrics(numbers(MAX_METRICS))).toHaveLength(MAX_METRICS);
  });
});

describe('an output', () => {
  it('gives the last line that is an object of numbers', () => {
    expect(readLines('loading', '{"step": 1}', '{"accuracy": 0.8}', '', 'bye')).toEqual([
      { name: 'accuracy', value: 0.8 },
    ]);
  });

  it('without one says what was found and what was expected', () => {
    expect(() => readLines('{"task": "cars"}')).toThrow(
      'The evaluation gave no numbers: "task" is not a number but "cars". The last line should be a JSON object of ' +
        'numbers, for example {"accuracy": 0.83}.',
    );
    expect(() => readLines('', ' ')).toThrow('nothing was printed');
  });
});
