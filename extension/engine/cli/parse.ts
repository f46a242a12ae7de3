/** Values of command-line options. */
import { InvalidArgumentError } from 'commander';
import type { NamedPath, NameRule } from '../../protocol/recipes.ts';
import { parseSize } from '../../shared/parseSize.ts';

/** "1GiB" → bytes. */
export function parseBytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) {
    throw new InvalidArgumentError('a size such as 1GiB, 500MB or 1048576 was expected.');
  }
  return bytes;
}

/** "NAME=PATH" → a task, added to `tasks`. */
export function parseTask(text: string, tasks: readonly NamedPath[] = []): NamedPath[] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError('NAME=PATH was expected.');
  return [...tasks, { name: text.slice(0, at), path: text.slice(at + 1) }];
}

/** "REGEX=REPLACEMENT" → a rule for names, added to `rules`; names have no "=", but a pattern may (`(?=…)`). */
export function parseNameRule(text: string, rules: readonly NameRule[] = []): NameRule[] {
  const at = text.lastIndexOf('=');
  if (at <= 0) throw new InvalidArgumentError('REGEX=REPLACEMENT was expected.');
  return [...rules, { from: text.slice(0, at), to: text.slice(at + 1) }];
}

/** A number of 0 or more, without an exponent. */
export function parseNumber(text: string): number {
  if (!/^(\d+(\.\d+)?|\.\d+)$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return Number(text);
}

/** Any finite number; undefined for any other text, including an empty one. */
export function finiteNumber(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}

/** A whole number from `min` to `max`. */
export const parseWhole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} was expected.`);
    }
    return value;
  };

export const collect = (text: string, list: readonly string[] = []): string[] => [...list, text];
