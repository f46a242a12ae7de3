/**
 * The `tvq.*` settings: what each must be. VS Code marks a wrong value in its own editor but passes it on, so a setting
 * may have any value. No `vscode` here, so that tests can run it.
 */
import { translatable, type Message } from '../shared/translatable.ts';
import { parseSize } from '../shared/parseSize.ts';

const BACKENDS = ['auto', 'cpu', 'webgpu'] as const;
/** As in the manifest: more threads than any machine has cores. */
const MOST_THREADS = 256;
/** Maximum characters shown of a wrong value. */
const SHOWN = 40;

export interface SettingCheck<T> {
  readonly name: string;
  readonly fallback: T;
  /** What it must be, after "write". */
  readonly expected: Message;
  /** undefined: not a valid value. */
  readonly read: (value: unknown) => T | undefined;
}

const text = (name: string, expected: Message): SettingCheck<string> => ({
  name,
  fallback: '',
  expected,
  read: value => (typeof value === 'string' ? value.trim() : undefined),
});

export const SETTINGS = {
  backend: {
    name: 'tvq.backend',
    fallback: 'auto',
    expected: translatable('"auto", "cpu" or "webgpu"'),
    read: value => BACKENDS.find(known => known === value),
  } satisfies SettingCheck<(typeof BACKENDS)[number]>,
  memory: {
    name: 'tvq.memory',
    fallback: 2 ** 30,
    expected: translatable('a size in quotes, for example "1GiB"'),
    read: value => (typeof value === 'string' ? parseSize(value) || undefined : undefined),
  } satisfies SettingCheck<number>,
  threads: {
    name: 'tvq.threads',
    fallback: 0,
    expected: translatable('a whole number from 0 (one for each core) to 256, without quotes'),
    read: value =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_THREADS
        ? value
        : undefined,
  } satisfies SettingCheck<number>,
  nodePath: text('tvq.engine.nodePath', translatable('a path in quotes, or "" to find one')),
  evaluationCommand: text('tvq.evaluation.command', translatable('a command in quotes, or "" for none')),
  allowNonfinite: {
    name: 'tvq.allowNonfinite',
    fallback: false,
    expected: translatable('true or false, without quotes'),
    read: value => (typeof value === 'boolean' ? value : undefined),
  } satisfies SettingCheck<boolean>,
};

export interface SettingFault {
  readonly name: string;
  /** As written in settings.json, shortened. */
  readonly found: string;
  readonly expected: Message;
}

/** What is wrong with a value; undefined if nothing is. An unset one has its default. */
export function settingFault<T>(
  { name, expected, read }: SettingCheck<T>,
  value: unknown,
): SettingFault | undefined {
  if (value === undefined || read(value) !== undefined) return undefined;
  const json = JSON.stringify(value);
  const found = json.length <= SHOWN ? json : `${json.slice(0, SHOWN - 1)}…`;
  return { name, found, expected };
}

/** The setting that a message is about. */
export const settingIn = (message: string): string | undefined =>
  Object.values(SETTINGS).find(({ name }) => message.includes(name))?.name;
