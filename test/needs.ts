/** Tests that need something a machine may lack. */
import { beforeEach, type TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is left out: `npm test` counts skipped tests by it. */
    leftOut?: string;
  }
}

/** Options of a test or suite that is left out, and counted as skipped, if `what` is missing. */
export function needs(what: string, there: boolean): TestOptions {
  return there ? {} : { skip: true, meta: { leftOut: reason(what) } };
}

/** Leaves out all tests of the file or suite, for setup that finds out only at run time that `what` is missing. */
export function leaveOut(what: string): void {
  beforeEach(({ task, skip }) => {
    task.meta.leftOut = reason(what);
    skip();
  });
}

const reason = (what: string): string => `no ${what} on this machine`;
