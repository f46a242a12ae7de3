/** Finds the Node.js that runs the engine process. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Oldest major version the engine is built for (esbuild's target). */
const OLDEST_NODE = 20;
/** A healthy executable prints its version in milliseconds; a wrong one (a waiting script) must not block us. */
const VERSION_TIMEOUT_MS = 10_000;
/** libuv's default of 4 threads is too few to keep several checkpoints' reads in flight. */
const IO_THREADS = '8';

/** An executable and how to run the engine with it. */
export interface NodeRuntime {
  readonly executable: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it was found, for the log. */
  readonly origin: string;
  /** Why the engine may only use the CPU with it; undefined if it may use a GPU. */
  readonly cpuOnly: string | undefined;
}

/** The parts of our own process that matter here. */
export interface HostProcess {
  readonly execPath: string;
  readonly versions: { readonly node: string; readonly electron?: string };
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Order: the setting, the extension host's own executable if that is plain Node (remote, containers, web), `node` on
 * PATH, and last the editor's Electron as Node, which cannot read a GPU's results back.
 */
export async function findNodeRuntime(setting: string, host: HostProcess = process): Promise<NodeRuntime> {
  const env = cleanEnvironment(host.env);
  const chosen = setting.trim();
  if (chosen !== '') {
    const executable = chosen.startsWith('~/') ? join(homedir(), chosen.slice(2)) : chosen;
    const fault = await checkNode(executable, env);
    if (fault !== undefined) {
      throw new Error(`The setting tvq.engine.nodePath, "${chosen}", ${fault}. Correct or clear it.`);
    }
    return { executable, env, origin: 'setting tvq.engine.nodePath', cpuOnly: undefined };
  }
  if (host.versions.electron === undefined && majorOf(host.versions.node) >= OLDEST_NODE) {
    return { executable: host.execPath, env, origin: "the extension host's Node.js", cpuOnly: undefined };
  }
  const fault = await checkNode('node', env);
  if (fault === undefined) {
    return { executable: 'node', env, origin: 'node on PATH', cpuOnly: undefined };
  }
  return {
    executable: host.execPath,
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
    origin: "the editor's own runtime",
    cpuOnly: `"node" on PATH ${fault}, and the editor's own runtime cannot use a GPU; set tvq.engine.nodePath`,
  };
}

/** undefined if `executable` is a suitable Node.js, else what is wrong with it. */
async function checkNode(executable: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  let version: string;
  try {
    const options = { env, timeout: VERSION_TIMEOUT_MS, windowsHide: true };
    version = (await promisify(execFile)(executable, ['--version'], options)).stdout.trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' ? 'was not found' : 'could not be run';
  }
  const found = /^v(\d+)\.\d+\.\d+/.exec(version);
  if (found === null) return 'is not Node.js';
  if (majorOf(version.slice(1)) < OLDEST_NODE) {
    return `is Node.js ${version.slice(1)}, and ${OLDEST_NODE} or newer is needed`;
  }
  return undefined;
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** Removes the editor's own variables, which would change how a plain Node starts. */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_)/i.test(name) && name.toUpperCase() !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(kept), UV_THREADPOOL_SIZE: IO_THREADS };
}
