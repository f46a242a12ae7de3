/** Values in settings.json, and the messages about them. */
import { describe, expect, it } from 'vitest';
import {
  settingFault,
  settingIn,
  SETTINGS,
  type SettingCheck,
} from '../../../extension/host/settingChecks.ts';
import manifest from '../../../package.json' with { type: 'json' };

const checks: Record<string, SettingCheck<unknown>> = SETTINGS;

describe('a setting of a wrong type or value', () => {
  it.each([
    ['backend', 'gpu', '"gpu"; write "auto", "cpu" or "webgpu".'],
    ['backend', ['cpu'], '["cpu"]; write'],
    ['memory', 512, '512; write a size in quotes'],
    ['memory', '-1GiB', '"-1GiB"; write'],
    ['memory', '0GB', '"0GB"; write'],
    ['memory', 'lots', '"lots"; write'],
    ['threads', '4', '"4"; write a whole number from 0'],
    ['threads', -1, '-1; write'],
    ['threads', 1.5, '1.5; write'],
    ['threads', 1e9, '1000000000; write'],
    ['threads', NaN, 'null; write'],
    ['threads', [4], '[4]; write'],
    ['nodePath', true, 'true; write a path in quotes'],
    ['nodePath', null, 'null; write'],
    ['evaluationCommand', ['python', 'score.py'], '["python","score.py"]; write a command in quotes'],
    ['allowNonfinite', 'yes', '"yes"; write true or false'],
    ['allowNonfinite', { a: 'x'.repeat(100) }, '{"a":"xxxx'],
  ])('%s: %j', (key, value, said) => {
    const { name, found, expected } = settingFault(checks[key]!, value)!;
    expect(`${found}; write ${expected}.`).toContain(said);
    expect(found.length).toBeLessThanOrEqual(40);
    expect(settingIn(`The setting ${name} is`)).toBe(checks[key]!.name);
  });

  it.each([
    ['backend', 'cpu', 'cpu'],
    ['memory', '512 MB', 512e6],
    ['threads', 8, 8],
    ['nodePath', ' ~/node ', '~/node'],
    ['evaluationCommand', '', ''],
    ['allowNonfinite', true, true],
  ])('%s: %j is right', (key, value, read) => {
    expect(settingFault(checks[key]!, value)).toBeUndefined();
    expect(checks[key]!.read(value)).toBe(read);
  });

  it('is every one that the manifest has, with its default', () => {
    const { properties } = manifest.contributes.configuration;
    expect(
      Object.values(checks)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(properties).sort());
    for (const { name, read, fallback } of Object.values(checks))
      expect(read((properties as Record<string, { default: unknown }>)[name]?.default)).toBe(fallback);
    expect(settingIn('models/x.tvq: there is no such file')).toBeUndefined();
  });
});
