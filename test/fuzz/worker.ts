/** Reads mutation after mutation, and reports the current one, so that whoever started it sees when it hangs. */
import './blocking.ts';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { mutation } from './mutation.ts';
import { isAnswer, READERS } from './readers.ts';

export interface Orders {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly folder: string;
  readonly fixtures: string;
  /** One number: the mutation that is being read. */
  readonly at: SharedArrayBuffer;
  /** Reads these bytes instead of mutations. */
  readonly bytes?: Uint8Array;
}

/** Memory that reading one small file may take. */
const MAX_GROWTH_KB = 400 * 1024;

async function work(orders: Orders): Promise<void> {
  const at = new Int32Array(orders.at);
  const make = READERS[orders.reader];
  if (!make) throw new Error(`there is no reader "${orders.reader}"`);
  const reader = await make(await mkdtemp(join(orders.folder, `${orders.reader}-`)), orders.fixtures);
  // Most errors are expected; the rest of a stack is there when a finding is read again.
  if (!orders.bytes) Error.stackTraceLimit = 1;
  // Called once per input, as it takes as long as some readers.
  let most = process.resourceUsage().maxRSS;
  for (let number = orders.from; number < orders.to; number++) {
    const bytes = orders.bytes ?? mutation(reader, orders.seed, number);
    Atomics.store(at, 0, number + 1);
    try {
      await reader.read(bytes);
    } catch (error) {
      if (!isAnswer(error)) parentPort?.postMessage({ number, bytes, why: String((error as Error).stack) });
    }
    const now = process.resourceUsage().maxRSS;
    if (now - most > MAX_GROWTH_KB)
      parentPort?.postMessage({ number, bytes, why: `${(now - most) >> 10} MB of memory were taken` });
    most = now;
  }
}

await work(workerData as Orders);
