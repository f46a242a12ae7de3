/** Limits the bytes of headers in memory: a folder from anyone may hold thousands, each as long as allowed. */
import { UserError } from '../../shared/errors.ts';

/** The reference implementation's cap for a file; without it, eight bytes could claim 16 EiB. */
export const MAX_HEADER_BYTES = 100_000_000;

/** What a scan reads of one model, headers and index: the longest, with about 90,000 tensors, have 12 MB. */
export const MAX_SCANNED_BYTES = 16 << 20;
/** What a scan reads of all of them: little of a header is kept, but the time adds up. */
export const MAX_SCAN_BYTES = 512 << 20;
/** What a scan may have read but not yet parsed; it runs in the editor's own process, beside other extensions. */
const SCAN_ROOM_BYTES = 4 << 20;

/** Room for headers that are read but not yet parsed, in bytes. */
class HeaderRoom {
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(readonly bytes: number) {
    this.#free = bytes;
  }

  /** Does the work once there is room for a header of this length, first come, first served; a longer one gets it
   * all. */
  async with<T>(length: number, work: () => Promise<T>): Promise<T> {
    const bytes = Math.min(length, this.bytes);
    if (this.#waiting.length > 0 || bytes > this.#free)
      await new Promise<void>(start => this.#waiting.push({ bytes, start }));
    else this.#free -= bytes;
    try {
      return await work();
    } finally {
      this.#free += bytes;
      for (let next = this.#waiting[0]; next && next.bytes <= this.#free; next = this.#waiting[0]) {
        this.#waiting.shift();
        this.#free -= next.bytes;
        next.start();
      }
    }
  }
}

/** For all files being opened together: one header of the largest size. */
const room = new HeaderRoom(MAX_HEADER_BYTES);
const scanRoom = new HeaderRoom(SCAN_ROOM_BYTES);

/** How many bytes the headers of one model may take. */
export interface Allowance {
  readonly room: HeaderRoom;
  /** @throws when this one is too much */
  take(file: string, bytes: number): void;
}

/** For the headers of one model opened by name; together they may be as long as a single file's. */
export class HeaderAllowance implements Allowance {
  readonly room: HeaderRoom = room;
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

/** Thrown when a scan has no allowance left. */
export class ScanEnded extends UserError {
  constructor() {
    super('a scan has read as many headers as it may');
  }
}

/** Headers that a scan of many models may read. */
export class ScanAllowance {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** For the next model. */
  model(): Allowance {
    let left = MAX_SCANNED_BYTES;
    return {
      room: scanRoom,
      take: (file, bytes) => {
        left -= bytes;
        if (left < 0)
          throw new UserError(
            `${file}: not searched: the headers of its model have more than ${MAX_SCANNED_BYTES} bytes; choose it by its name`,
          );
        this.#left -= bytes;
        if (this.#left < 0) throw new ScanEnded();
      },
    };
  }
}
