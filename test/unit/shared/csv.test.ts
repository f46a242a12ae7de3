import { expect, test } from 'vitest';
import { csv } from '../../../extension/shared/csv.ts';

const line = (...cells: (string | number)[]) => csv([cells]).slice(0, -2);

test.each(['=1+1', '+cmd|x', '-cmd|x', '@SUM(A1)', ' =1', '＝1', '-', '+-1'])('%j is no formula', name => {
  expect(line(name)).toBe(`'${name}`);
});

test.each(['-1', '+1', '-0.25', '-1.5e-7', '−3', '-12.5 %', '', 'a=1', 'w-1', 'x@y'])('%j stays', text => {
  expect(line(text)).toBe(text);
});

test('numbers stay numbers', () => expect(line(-1, -0.5, 2)).toBe('-1,-0.5,2'));

test('a row is a line, whatever is in it', () => {
  expect(line('=HYPERLINK("x","y")\r\na,b', '\t=1', '\x1b[31m')).toBe(
    `"'=HYPERLINK(""x"",""y"")\\r\\na,b",\\t=1,\\x1b[31m`,
  );
});
