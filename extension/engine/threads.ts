import { Worker } from 'node:worker_threads';
import { workerUrl } from './dist.ts';
import { UserError } from './errors.ts';
import type { JobRunner } from './jobRunner.ts';
import { OrderedSink } from './orderedSink.ts';
import { jobBytes, type Job } from './runJob.ts';
import type { FromWorker, ToWorker, WorkerData, WorkerError } from './worker.ts';

/** Runs jobs on CPU threads, each with a backend of its own; jobs start in order and their output stays in order. */
export const threadRunner =
  (module: WebAssembly.Module, threads: number, arena: number): JobRunner =>
  async (jobs, sink, signal, onJobDone) => {
    const queue = jobs.entries();
    const data: WorkerData = { module, arena };
    const workers: Worker[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = () => reject(signal.reason as Error);
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        const ordered = new OrderedSink(sink, reject);
        let running = 0;
        for (let i = 0; i < Math.min(threads, jobs.length); i++) {
          const worker = new Worker(workerUrl, { workerData: data });
          workers.push(worker);
          running++;
          let current: [number, Job] | undefined;
          const send = (message: ToWorker) => worker.postMessage(message);
          const next = () => {
            const item = queue.next();
            current = item.done ? undefined : item.value;
            if (current) send({ type: 'job', job: current[1] });
            else if (--running === 0) void ordered.drained().then(resolve);
          };
          worker.on('error', reject);
          worker.on('message', (message: FromWorker) => {
            const [number, job] = current as [number, Job];
            if (message.type === 'event')
              void ordered.push(number, message.event).then(() => send({ type: 'written' }));
            else if (message.type === 'failed') reject(asError(message.error));
            else {
              ordered.finish(number, message.report);
              onJobDone(job.tensor, jobBytes(job));
              next();
            }
          });
          next();
        }
        if (jobs.length === 0) resolve();
      });
    } finally {
      await Promise.all(workers.map(worker => worker.terminate()));
    }
  };

/** The error that a thread met, as the class it was. */
function asError({ name, message, stack, kind }: WorkerError): Error {
  const error = kind ? new UserError(message, kind) : new Error(message);
  error.name = name;
  if (stack) error.stack = stack;
  return error;
}
