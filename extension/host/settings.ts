/** The `tvq.*` settings as the engine wants them. */
import { workspace } from 'vscode';
import type { RunOptions } from '../protocol.ts';

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes of a size as it is typed, "1GiB" or "512 MB"; undefined when it is not one. */
export function parseSize(text: string): number | undefined {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|KiB|MiB|GiB)\s*$/i.exec(text);
  if (parts === null) return undefined;
  const bytes = Math.floor(Number(parts[1]) * (UNITS[(parts[2] ?? '').toLowerCase()] ?? 1));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** Throws with the setting's name when one is malformed. */
export function readRunOptions(): RunOptions {
  const settings = workspace.getConfiguration('tvq');
  const memoryText = settings.get<string>('memory', '1GiB');
  const memory = parseSize(memoryText);
  if (memory === undefined) {
    throw new Error(`The setting tvq.memory, "${memoryText}", is not a size. Write for example "1GiB".`);
  }
  return {
    backend: settings.get<RunOptions['backend']>('backend', 'auto'),
    memory,
    threads: settings.get<number>('threads', 0),
  };
}

/** The executable for the engine; empty: find one. */
export function readNodePath(): string {
  return workspace.getConfiguration('tvq').get<string>('engine.nodePath', '');
}
