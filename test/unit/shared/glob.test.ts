import { expect, test } from 'vitest';
import { globMatcher } from '../../../extension/shared/glob.ts';

test.each([
  ['**/.git', '.git', true],
  ['**/.git', 'a/b/.git', true],
  ['**/.git', 'a/x.git', false],
  ['out', 'out', true],
  ['out', 'a/out', false],
  ['out/*', 'out/a', true],
  ['out/*', 'out/a/b', false],
  ['out/**', 'out/a/b', true],
  ['**/*.{tvq,bak}', 'a/m.tvq', true],
  ['**/*.{tvq,bak}', 'a/m.tvq.x', false],
  ['v[0-9]', 'v7', true],
  ['v[!0-9]', 'v7', false],
  ['a?c', 'abc', true],
  ['a,b', 'a,b', true],
  ['(x', '(x', true],
  ['{', '{', false],
  ['[z-a]', 'z', false],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(globMatcher(pattern)(path)).toBe(expected);
});
