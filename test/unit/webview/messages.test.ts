import { describe, expect, test } from 'vitest';
import { deserialize, errorMessage, serialize } from '../../../webview/common/rpc.ts';
import { mergeState } from '../../../webview/common/state.ts';

describe('errors over JSON', () => {
  test('keep their message', () => {
    const sent = serialize({ t: 's', e: new TypeError('bad header') });
    const received = deserialize(JSON.parse(JSON.stringify(sent)) as typeof sent);
    expect(received.e).toEqual(new Error('bad header'));
  });

  test('that lost it say so', () => {
    const received = deserialize({ t: 's', e: {} });
    expect(errorMessage(received.e)).toBe('The extension gave no reason.');
  });

  test('are not made of answers', () => {
    const answer = { t: 's' as const, r: 1 };
    expect(deserialize(serialize(answer))).toBe(answer);
  });
});

describe('mergeState', () => {
  const defaults = { search: '', topRow: 0 };
  test.each([
    ['nothing stored', undefined, defaults],
    ['a part', { search: 'mlp' }, { search: 'mlp', topRow: 0 }],
    ['another type', { search: 7, topRow: 3 }, { search: '', topRow: 3 }],
    ['an unknown key', { colour: 'red' }, defaults],
    ['no object', 'mlp', defaults],
  ])('%s', (_, stored, expected) => expect(mergeState(defaults, stored)).toEqual(expected));
});
