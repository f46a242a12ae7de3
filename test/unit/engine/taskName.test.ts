/** How a task is named after a folder or a file. */
import { expect, test } from 'vitest';
import { freeName, taskNameOf } from '../../../extension/formats/tvq/taskName.ts';
import { isTaskName } from '../../../extension/formats/tvq/layout.ts';

test.each([
  ['/models/llama-3.1_chat', 'llama-3.1_chat'],
  ['/models/cars.safetensors', 'cars'],
  ['two words + (more) #1 100% & \'a\' "b"', 'two_words____more___1_100_____a___b_'],
  ['cafe\u0301', 'caf\u00e9'],
  ['caf\u00e9', 'caf\u00e9'],
  ['מודל حديث', 'מודל_حديث'],
  ['🧪', '_'],
  ['.hidden', '_.hidden'],
  ['x'.repeat(255), 'x'.repeat(100)],
  ['𝒳'.repeat(120), '𝒳'.repeat(100)],
])('%s', (path, name) => {
  expect(taskNameOf(path)).toBe(name);
  expect(isTaskName(taskNameOf(path))).toBe(true);
});

test('names that are taken get a number', () => {
  const names = new Set<string>();
  expect(['a', 'a', 'b', 'a'].map(name => freeName(name, names))).toEqual(['a', 'a-2', 'b', 'a-3']);
});
