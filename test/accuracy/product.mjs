/** The product as shipped: `tvq quantize` as a command, restoring and merging in the engine process. */
import { execFile, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';

const built = name => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** Runs `tvq quantize`: a row of the bench can be anything its flags can express. @returns what `--json` prints */
export async function quantize({ base, tasks }, flags, output) {
  const inputs = tasks.flatMap(({ name, path }) => ['--task', `${name}=${path}`]);
  const args = ['quantize', '--base', base, ...inputs, '-o', output, '--backend', 'cpu', ...flags];
  const run = promisify(execFile)(process.execPath, [built('tvq.mjs'), ...args, '--json', '--quiet']);
  const { stdout } = await run.catch(({ stderr }) => {
    throw new Error(`tvq quantize ${flags.join(' ')}: ${stderr.trim()}`);
  });
  return JSON.parse(stdout);
}

/** Starts an engine process, as the extension does: there are too many merges to start a command for each. */
export function startEngine(threads) {
  const child = fork(built('engine.mjs'));
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  connection.listen();
  const options = { backend: 'cpu', memory: 2 ** 30, threads };
  return {
    methods: () => connection.sendRequest('methods', null, options),

    /** Restores a task's checkpoint from a .tvq file. */
    restore: (source, base, task, output) => {
      const recipe = { kind: 'restore', source, base, task, output, overwrite: true, force: false };
      return connection.sendRequest('restore', recipe, options, 'restore');
    },

    /** Merges checkpoints, or tasks of a .tvq file. @returns the result; `files` are relative to `output` */
    merge: (base, inputs, { method, parameters }, output) => {
      const recipe = {
        kind: 'merge',
        base,
        inputs,
        method,
        parameters,
        inputParameters: inputs.map(() => ({})),
        output,
        shardBytes: 2 ** 40,
        overwrite: true,
        resume: false,
      };
      return connection.sendRequest('merge', recipe, options, 'merge');
    },

    stop: () => {
      connection.dispose();
      child.kill();
    },
  };
}
