/** The host's side of the Merge tab with the real engine; only its calls to VS Code's window are mocked. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import type { RequestHooks } from '../../extension/host/engineClient.ts';
import { guarded } from '../../extension/host/pageCalls.ts';
import { MAX_EXPORT } from '../../extension/protocol/exports.ts';
import { MergeMemory } from '../../extension/host/panels/mergeMemory.ts';
import { StudioMerge } from '../../extension/host/panels/studioMerge.ts';
import type { JobRunner } from '../../extension/host/jobRunner.ts';
import { JobLedger } from '../../extension/host/jobs/ledger.ts';
import { WritingJobs } from '../../extension/host/jobs/writingJobs.ts';
import type { Log } from '../../extension/host/log.ts';
import type { Services } from '../../extension/host/services.ts';
import {
  MERGE_CALLS,
  type StudioMergeRecipe,
  type StudioMergeSession,
} from '../../extension/protocol/merge.ts';
import type { MergeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import type { StudioSelection } from '../../extension/protocol/studio.ts';
import { fixture } from '../checkpoints.ts';
import { LLAMA_TASKS, OPTIONS, quantize, recipe } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const window = vi.hoisted(() => ({
  command: '',
  isTrusted: true,
  folder: '',
  saved: '',
  opened: [] as unknown[],
}));

vi.mock('vscode', () => {
  class EventEmitter<T> {
    readonly #listeners = new Set<(value: T) => void>();
    readonly event = (listener: (value: T) => void) => {
      this.#listeners.add(listener);
      return { dispose: () => this.#listeners.delete(listener) };
    };
    fire(value: T) {
      for (const listener of this.#listeners) listener(value);
    }
    dispose() {
      this.#listeners.clear();
    }
  }
  class CancellationTokenSource {
    readonly #cancelled = new EventEmitter<void>();
    readonly token = { isCancellationRequested: false, onCancellationRequested: this.#cancelled.event };
    cancel() {
      this.token.isCancellationRequested = true;
      this.#cancelled.fire();
    }
  }
  const file = (path: string) => ({ fsPath: path });
  const nothing = () => ({ dispose: () => undefined });
  return {
    CancellationTokenSource,
    EventEmitter,
    ProgressLocation: { Notification: 15 },
    Uri: { file, joinPath: ({ fsPath }: { fsPath: string }, name: string) => file(`${fsPath}/${name}`) },
    l10n: {
      t: (text: string, ...values: unknown[]) =>
        text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
    },
    commands: { executeCommand: async (...call: unknown[]) => void window.opened.push(call) },
    window: {
      showSaveDialog: async () => file(`${window.folder}/chosen`),
      showInformationMessage: async () => undefined,
      withProgress: (_: unknown, work: (report: object, token: object) => unknown) =>
        work({ report: () => undefined }, { onCancellationRequested: nothing }),
    },
    workspace: {
      get isTrusted() {
        return window.isTrusted;
      },
      fs: {
        writeFile: async (_: unknown, bytes: Uint8Array) =>
          void (window.saved = new TextDecoder().decode(bytes)),
      },
      getConfiguration: () => ({
        get: (name: string) => (name === 'tvq.evaluation.command' ? window.command : undefined),
      }),
      getWorkspaceFolder: () => ({ uri: file(window.folder) }),
      onDidChangeConfiguration: nothing,
      onDidGrantWorkspaceTrust: nothing,
    },
  };
});

const folder = await temporaryFolder();
const source = join(folder, 'all.tvq');
const selection: StudioSelection = {
  base: { name: 'base', path: fixture('llama/base') },
  tasks: LLAMA_TASKS,
  source,
};
const choices: StudioMergeRecipe = {
  method: 'ties',
  tasks: ['code', 'math'],
  parameters: {},
  taskParameters: {},
  onMismatch: 'error',
  compare: true,
  output: undefined,
};
const storage = new Map<string, unknown>();
const memory = new MergeMemory({
  get: (key: string, fallback?: unknown) => (storage.get(key) ?? fallback) as never,
  update: async (key, value) => void storage.set(key, value),
});
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** Answers like the engine process, but in this process. */
const client = {
  methods: async () => engine.methods(),
  planMerge: (asked: MergeRecipe) => engine.planMergeSummary(asked, OPTIONS),
  merge: (asked: MergeRecipe, options: RunOptions, hooks: RequestHooks) => {
    const abort = new AbortController();
    if (hooks.token.isCancellationRequested) abort.abort();
    hooks.token.onCancellationRequested(() => abort.abort());
    const onProgress = (progress: Progress) => hooks.onProgress(progress);
    return engine.merge(asked, options, { signal: abort.signal, onProgress });
  },
};
const jobs = {
  run: (_: string, work: (engine: unknown, options: RunOptions, hooks: object) => unknown, token: object) =>
    work(client, OPTIONS, { token, onProgress: () => undefined }),
} as unknown as JobRunner;
const services = {
  log,
  engine: client,
  checkpoints: { refresh: () => undefined },
  writing: new WritingJobs(jobs, new JobLedger(await temporaryFolder()), log as unknown as Log),
} as unknown as Services;

/** A page, with the sessions that it was sent. */
function open() {
  const told: StudioMergeSession[] = [];
  const progress = vi.fn();
  const studio = new StudioMerge(services, memory);
  const connection = studio.connect(() => selection, {
    mergeChanged: session => void told.push(session),
    mergeProgress: progress,
  });
  const host = guarded(connection.host, MERGE_CALLS);
  /** The session once nothing is running; the page gets the same one. */
  const settled = async (what: 'merging' | 'evaluating') => {
    const state = async () => (await host.mergeSession())[what]?.state;
    await expect.poll(state, { timeout: 20_000 }).not.toBe('running');
    const session = await host.mergeSession();
    await expect.poll(() => told.at(-1)).toEqual(session);
    return session;
  };
  return { host, settled, progress };
}

beforeEach(async () => {
  storage.clear();
  Object.assign(window, { command: '', isTrusted: true, folder, opened: [] });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await quantize(recipe(source));
});

describe('a merge', () => {
  test('is planned, made beside its source, and told with its report', async () => {
    const { host, progress, settled } = open();
    expect(await host.planMerge(choices)).toMatchObject({
      output: join(folder, 'merged-ties'),
      seconds: undefined,
      problems: [],
    });
    await host.startMerge(choices);
    const { merges } = await settled('merging');
    expect(merges).toMatchObject([{ name: 'merged-ties', source, metrics: [], fault: undefined }]);
    expect(merges[0]?.report?.model.difference).toBeGreaterThan(0);
    expect(progress).toHaveBeenCalled();
    const next = await host.planMerge(choices);
    expect(next.outputName).toBe('merged-ties-2');
    expect(next.seconds).toBeGreaterThan(0);
    // Another page, opened later.
    expect((await open().host.mergeSession()).merges).toEqual(merges);
  });

  test('that was deleted says so, and can be forgotten', async () => {
    const { host, settled } = open();
    await host.startMerge(choices);
    const output = (await settled('merging')).merges[0]!.output;
    await rm(output, { recursive: true });
    expect((await host.mergeSession()).merges[0]).toMatchObject({
      report: undefined,
      fault: expect.stringContaining('no longer exists') as string,
    });
    await host.forgetMerge(output);
    expect((await host.mergeSession()).merges).toEqual([]);
  });

  test('that fails or is cancelled is told, and leaves nothing', async () => {
    const { host, settled } = open();
    await writeFile(source, 'no longer a .tvq file');
    await host.startMerge(choices);
    expect((await settled('merging')).merging).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('all.tvq') as string,
    });
    await quantize(recipe(source, { overwrite: true }));
    await host.startMerge(choices);
    await host.cancelMerge();
    expect((await settled('merging')).merging).toMatchObject({ state: 'cancelled', name: 'merged-ties' });
    expect(await readdir(folder)).toEqual(['all.tvq']);
  });

  test('is refused into a folder that exists, twice at once, and without trust', async () => {
    const { host, settled } = open();
    const there = { ...choices, output: folder };
    await expect(host.startMerge(there)).rejects.toThrow('already exists');
    expect((await host.planMerge(there)).problems).toMatchObject([{ severity: 'error' }]);
    await host.startMerge(choices);
    await expect(host.startMerge(choices)).rejects.toThrow('A merge is already running.');
    await settled('merging');
    window.isTrusted = false;
    await expect(host.startMerge(choices)).rejects.toThrow('Restricted Mode');
  });
});

describe('an evaluation', () => {
  const script =
    "const n = require('fs').readdirSync(process.argv[1]).length; console.log(JSON.stringify({ files: n }))";

  async function evaluated(command: string) {
    const page = open();
    await page.host.startMerge(choices);
    const { merges } = await page.settled('merging');
    window.command = command;
    return { ...page, output: merges[0]!.output };
  }

  test('gives the merge its numbers', async () => {
    const { host, output, settled } = await evaluated(`"${process.execPath}" -e "${script}" \${model}`);
    expect((await host.mergeSession()).evaluation).toBe('ready');
    await host.startEvaluation(output);
    const { merges } = await settled('evaluating');
    expect(merges[0]?.metrics).toEqual([{ name: 'files', value: (await readdir(output)).length }]);
  });

  test('can be cancelled, and says why it failed', async () => {
    const { host, output, settled } = await evaluated(
      `"${process.execPath}" -e "setInterval(() => {}, 1000)"`,
    );
    await host.startEvaluation(output);
    await host.cancelEvaluation();
    expect((await settled('evaluating')).evaluating?.state).toBe('cancelled');
    window.command = '';
    expect((await host.mergeSession()).evaluation).toBe('unset');
    await host.startEvaluation(output);
    await expect.poll(async () => (await host.mergeSession()).evaluating?.state).toBe('failed');
    window.isTrusted = false;
    expect((await host.mergeSession()).evaluation).toBe('restricted');
  });
});

describe('a page', () => {
  test('may name only what was merged, and gets a table of bounded size written', async () => {
    const { host } = open();
    for (const call of ['revealMerge', 'openMergeReport', 'forgetMerge', 'startEvaluation'] as const) {
      await expect(host[call]('/etc')).rejects.toThrow('no longer in the list');
    }
    const table = (data: string) => host.saveFile({ name: 'merges.csv', kind: 'csv', data });
    expect(await table('a,b\r\n')).toBe(true);
    expect(window.saved).toBe('a,b\r\n');
    await expect(table('x'.repeat(MAX_EXPORT + 1))).rejects.toThrow('"data"');
    expect(await host.chooseMergeOutput('/x')).toBe(`${folder}/chosen`);
  });
});
