/** Tests that need what a machine may lack. */
import { beforeEach, type TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is left out: `npm test` counts tests by it. */
    leftOut?: string;
  }
}

/** Options of a test or suite that is left out, and counted as skipped, where `what` is not there. */
export function needs(what: string, there: boolean): TestOptions {
  return there ? {} : { skip: true, meta: { leftOut: reason(what) } };
}

/** Leaves all tests of the file or suite out, for setup that learns only while it runs that `what` is not there. */
export function leaveOut(what: string): void {
  beforeEach(({ task, skip }) => {
    task.meta.leftOut = reason(what);
    skip();
  });
}

const reason = (what: string): string => `no ${what} on this machine`;
