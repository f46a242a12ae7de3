/** How many bytes of headers are in memory: a folder that anyone made may hold thousands, each as long as allowed. */
import { UserError } from '../errors.ts';

/** The reference implementation's cap for a file; without one, eight bytes could ask for 16 EiB. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes read and not yet parsed, over all files that are being opened: one header of the largest size. */
let free = MAX_HEADER_BYTES;
const waiting: { readonly bytes: number; readonly start: () => void }[] = [];

/** Does the work once there is room for a header of so many bytes, first come, first served. */
export async function withHeaderRoom<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  if (waiting.length > 0 || bytes > free) {
    await new Promise<void>(start => waiting.push({ bytes, start }));
  } else free -= bytes;
  try {
    return await work();
  } finally {
    free += bytes;
    for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.start();
    }
  }
}

/** Headers of the files of one model; together they may have what a single file may. */
export class HeaderAllowance {
  #left = MAX_HEADER_BYTES;

  /** @throws UserError when this one is too much */
  take(file: string, bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new UserError(
      `${file}: with its header of ${bytes} bytes the headers of the model's weight files have more than ` +
        `${MAX_HEADER_BYTES} together, which no model needs; is this a model's folder?`,
    );
  }
}
