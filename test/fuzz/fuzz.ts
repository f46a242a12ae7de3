/** Runs a reader over mutations in a watched thread. */
import { Worker } from 'node:worker_threads';
import type { Orders } from './worker.ts';

export interface Finding {
  readonly reader: string;
  readonly seed: number;
  readonly number: number;
  /** undefined if the thread died with them: they can be reproduced from seed and number. */
  readonly bytes: Uint8Array | undefined;
  readonly why: string;
}

export interface Surroundings {
  /** URL of the bundled worker. */
  readonly worker: URL;
  readonly folder: string;
  readonly fixtures: string;
  /** Processor time that a reader may take for one input: a busy machine may stall a thread for seconds. */
  readonly hangMs: number;
}

const WATCH_MS = 100;
/** Waiting takes no processor time, so it has its own limit. */
const MAX_WAIT_MS = 60_000;
/** Memory of a thread: many times what its readers take. */
const LIMITS = { maxOldGenerationSizeMb: 512 };
/** One kind of bug shows up in many inputs. */
const MAX_FINDINGS = 20;

type Asked = Pick<Orders, 'reader' | 'seed' | 'from' | 'to' | 'bytes'>;

/** What goes wrong in a range of mutations; after a hang or crash a new thread continues after it. */
export async function fuzz(asked: Asked, surroundings: Surroundings): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = asked.from; from < asked.to && findings.length < MAX_FINDINGS;) {
    const stopped = await run({ ...asked, from }, surroundings, findings);
    if (stopped === undefined) break;
    from = stopped + 1;
  }
  return findings;
}

/** Milliseconds of wall time, and of processor time of this process, where the reader's thread does the work. */
function spent(): { readonly wall: number; readonly busy: number } {
  const { user, system } = process.cpuUsage();
  return { wall: Date.now(), busy: (user + system) / 1000 };
}

/** @returns the mutation that the thread did not survive; undefined: it finished */
function run(
  asked: Asked,
  { worker: url, ...rest }: Surroundings,
  findings: Finding[],
): Promise<number | undefined> {
  const { reader, seed, from } = asked;
  const shared = new SharedArrayBuffer(4);
  const at = new Int32Array(shared);
  const found = (number: number, why: string, bytes?: Uint8Array) =>
    findings.push({ reader, seed, number, bytes, why });
  const orders: Orders = { ...asked, folder: rest.folder, fixtures: rest.fixtures, at: shared };
  const worker = new Worker(url, { workerData: orders, resourceLimits: LIMITS, stdout: true });
  return new Promise((resolve, reject) => {
    let last = 0;
    let since = spent();
    const watch = setInterval(() => {
      const now = Atomics.load(at, 0);
      const { wall, busy } = spent();
      if (now !== last || now === 0) [last, since] = [now, { wall, busy }];
      else if (busy - since.busy > rest.hangMs || wall - since.wall > MAX_WAIT_MS) {
        found(now - 1, `it took longer than ${rest.hangMs} ms`);
        void worker.terminate();
      }
    }, WATCH_MS);
    worker.on('message', ({ number, bytes, why }: { number: number; bytes: Uint8Array; why: string }) =>
      found(number, why, bytes),
    );
    worker.on('error', error => {
      const now = Atomics.load(at, 0);
      if (now === 0) reject(error);
      else found(now - 1, `the thread died: ${error.message}`);
    });
    worker.on('exit', code => {
      clearInterval(watch);
      const now = Atomics.load(at, 0);
      if (code === 0) resolve(undefined);
      else if (now === 0) reject(new Error(`the reader ${reader} did not start at ${from}`));
      else resolve(now - 1);
    });
  });
}

/** How often a smaller input is tried. */
const MAX_TRIES = 200;

/** Removes parts of an input as long as it remains a finding. */
export async function minimised(
  bytes: Uint8Array,
  stillFails: (bytes: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = Buffer.from(bytes);
  let tries = 0;
  for (let part = best.length >> 1; part >= 1 && tries < MAX_TRIES; part >>= 1) {
    for (let at = 0; at < best.length && tries < MAX_TRIES;) {
      const smaller = Buffer.concat([best.subarray(0, at), best.subarray(at + part)]);
      tries++;
      if (await stillFails(smaller)) best = smaller;
      else at += part;
    }
  }
  return best;
}
