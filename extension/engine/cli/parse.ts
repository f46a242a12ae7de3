/** Values of command-line options. */
import { InvalidArgumentError } from 'commander';
import type { NamedPath } from '../../protocol.ts';

const UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** "1GiB", "500MB", "1048576" → bytes. */
export function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  if (digits === undefined || factor === undefined) {
    throw new InvalidArgumentError('a size such as 1GiB, 500MB or 1048576 was expected.');
  }
  return Math.round(Number(digits) * factor);
}

/** "NAME=PATH" → a task, collected. */
export function parseTask(text: string, tasks: readonly NamedPath[] = []): NamedPath[] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError('NAME=PATH was expected.');
  return [...tasks, { name: text.slice(0, at), path: text.slice(at + 1) }];
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
