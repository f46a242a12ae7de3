/** Things with the same name are distinguished by what differs in their paths. */
import { expect, test } from 'vitest';
import { tellingNames } from '../../../extension/shared/tellingNames.ts';

test.each([
  [
    ['/w/a/base', '/w/a/code'],
    ['base', 'code'],
  ],
  [
    ['/w/a/base', '/w/b/base'],
    ['a/base', 'b/base'],
  ],
  [
    ['/one/models/base', '/two/models/base', '/two/base'],
    ['one/models/base', 'two/models/base', 'two/base'],
  ],
  [
    ['/w/base', '/w/models/base'],
    ['w/base', 'models/base'],
  ],
  [
    ['C:\\one\\m\\base', 'C:\\two\\m\\base'],
    ['one/m/base', 'two/m/base'],
  ],
  [
    ['/base', '/base/base'],
    ['base', 'base/base'],
  ],
])('%j', (paths, names) => {
  const things = paths.map(path => ({ path, name: path.split(/[\\/]/).at(-1) as string }));
  const told = tellingNames(things);
  expect(things.map(thing => told.get(thing))).toEqual(names);
});
