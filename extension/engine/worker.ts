/** A thread of the CPU backend. */
import { parentPort, workerData } from 'node:worker_threads';
import { JOB_KINDS } from './itemKinds.ts';
import { serveItems } from './scheduler/threadServer.ts';
import type { WorkerData } from './scheduler/workerMessages.ts';

if (parentPort) serveItems(parentPort, workerData as WorkerData, JOB_KINDS);
