/** How a request to the engine ends where it has no answer. No `vscode` here: tests run it as it is. */

/** The user cancelled: not a failure. */
export class CancelledError extends Error {
  constructor() {
    super('Cancelled');
    this.name = 'CancelledError';
  }
}

/** There is something at the output already, or somebody writes it; nothing was begun. */
export class OutputTakenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutputTakenError';
  }
}

/** The process ended while it owed an answer. */
export class EngineExitError extends Error {
  constructor(readonly how: string) {
    super(`The engine stopped unexpectedly (${how}).`);
    this.name = 'EngineExitError';
  }
}

/** What most often kills a process so: the system, when memory runs out. */
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
