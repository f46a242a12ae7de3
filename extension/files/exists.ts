import { stat } from 'node:fs/promises';

/** Whether there is something at a path, whatever it is; a link that leads nowhere is nothing. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
