/** What a `tvq` task is in tasks.json. No `vscode` here, so that tests can run it. */
import { relative } from 'node:path';
import type { NodeRuntime } from '../nodeRuntime.ts';

export const TASK_TYPE = 'tvq';

export interface TvqTaskDefinition {
  readonly type: typeof TASK_TYPE;
  /** Of the command `tvq`; paths are relative to the workspace folder. */
  readonly args: string[];
}

export interface Invocation {
  readonly process: string;
  readonly args: string[];
  /** What is added to the environment. */
  readonly env: Record<string, string>;
}

/** undefined if a definition, which people write by hand, is not one of ours. */
export function argumentsOf({ type, args }: { readonly type: string; readonly args?: unknown }) {
  const listed = type === TASK_TYPE && Array.isArray(args) && args.length > 0;
  return listed && args.every(arg => typeof arg === 'string') ? args : undefined;
}

/** Checks a file's checksums. */
export const verifyTask = (file: string, folder: string): TvqTaskDefinition => ({
  type: TASK_TYPE,
  args: ['verify', relative(folder, file)],
});

/** The bundled command, with the Node.js that runs the engine. */
export function invocationOf(
  { executable, env }: NodeRuntime,
  cliPath: string,
  args: readonly string[],
  around: NodeJS.ProcessEnv = process.env,
): Invocation {
  const added = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === around[name] ? [] : [[name, value]],
  );
  return { process: executable, args: [cliPath, ...args], env: Object.fromEntries(added) };
}
