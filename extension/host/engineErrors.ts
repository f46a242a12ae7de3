/** How a request to the engine ends without an answer. No `vscode` here, so that tests can run it. */

/** The user cancelled: not a failure. */
export class CancelledError extends Error {
  constructor() {
    super('Cancelled');
    this.name = 'CancelledError';
  }
}

/** The output exists already or is being written by another process; nothing was started. */
export class OutputTakenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutputTakenError';
  }
}

/** The process ended while a request was pending. */
export class EngineExitError extends Error {
  constructor(readonly how: string) {
    super(`The engine stopped unexpectedly (${how}).`);
    this.name = 'EngineExitError';
  }
}

/** The signal that the system kills processes with, mostly when memory runs out. */
const OUT_OF_MEMORY = 'SIGKILL';

/** The engine ended twice while it worked on the same request. */
export class EngineLostError extends Error {
  constructor(cause: EngineExitError) {
    const hint =
      cause.how === OUT_OF_MEMORY
        ? 'This usually means that memory ran out: lower tvq.memory or tvq.threads.'
        : 'See the log.';
    super(`${cause.message} It was started again on the CPU and stopped again. ${hint}`, { cause });
    this.name = 'EngineLostError';
  }
}
