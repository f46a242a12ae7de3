import { stat } from 'node:fs/promises';

/** Whether anything exists at a path; a dangling link does not count. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
