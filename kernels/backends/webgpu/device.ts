/** A GPU device whose errors are never silent and which runs commands in the order they were issued. */
import { BackendFailure, DeviceLost } from '../../backend.ts';

/** Values of GPUBufferUsage and GPUMapMode, which are not globals in Node. */
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 } as const;
export const MAP_MODE_READ = 1;

/** The outcome of commands: their immediate result, and whether and when the driver accepted them. */
export interface Attempt<T> {
  readonly value: T;
  /** Rejects with BackendFailure. Someone must await it. */
  readonly judged: Promise<void>;
}

const FILTERS: readonly GPUErrorFilter[] = ['internal', 'out-of-memory', 'validation'];

const DISPOSED = 'the backend was disposed of';

/** One user's view of a GPU device, with the buffers made through it; several may share a device. */
export class Device {
  private lost: DeviceLost | undefined;
  private refused = false;
  private readonly buffers = new Set<GPUBuffer>();
  private readonly waiting = new Set<(reason: DeviceLost) => void>();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    readonly gpu: GPUDevice,
    readonly name: string,
  ) {
    void gpu.lost.then(({ reason, message }) => this.lose(reason === 'destroyed' ? DISPOSED : message));
  }

  /** Whether the device is there and has done all that it was asked. */
  get sound(): boolean {
    return !this.lost && !this.refused;
  }

  makeBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    const buffer = this.gpu.createBuffer(descriptor);
    this.buffers.add(buffer);
    return buffer;
  }

  destroyBuffer(buffer: GPUBuffer): void {
    this.buffers.delete(buffer);
    buffer.destroy();
  }

  /** Gives back the buffers made through this view; it is lost to whoever goes on using it. */
  dispose(): void {
    this.lose(DISPOSED);
    for (const buffer of this.buffers) this.destroyBuffer(buffer);
  }

  private lose(why: string): void {
    this.lost ??= new DeviceLost(`${this.name} was lost: ${why}`);
    for (const reject of this.waiting) reject(this.lost);
    this.waiting.clear();
  }

  /** `work`, but rejects with DeviceLost once the device is lost: promises may then never settle. */
  async orLost<T>(work: Promise<T>): Promise<T> {
    if (this.lost) {
      work.catch(() => {});
      throw this.lost;
    }
    let giveUp: (reason: DeviceLost) => void = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        giveUp = reject;
        this.waiting.add(giveUp);
        // The reason for the loss says more than a lost device's own error.
        work.then(resolve, (error: unknown) => reject(this.lost ?? (error as Error)));
      });
    } finally {
      this.waiting.delete(giveUp);
    }
  }

  /**
   * Runs `commands`, which must be synchronous, and catches the errors that the driver reports about them: without an
   * error scope Dawn prints them and goes on.
   */
  attempt<T>(what: string, commands: () => T): Attempt<T> {
    for (const filter of FILTERS) this.gpu.pushErrorScope(filter);
    let errors: Promise<(GPUError | null)[]> | undefined;
    try {
      const value = commands();
      errors = Promise.all(FILTERS.map(() => this.gpu.popErrorScope()));
      const judged = this.orLost(errors).then(found => {
        const error = found.find(candidate => candidate !== null);
        if (!error) return;
        this.refused = true;
        throw new BackendFailure(`${this.name}: ${what}: ${error.message}`);
      });
      return { value, judged };
    } finally {
      if (!errors) for (const _ of FILTERS) this.gpu.popErrorScope().catch(() => {});
    }
  }

  /** Runs `task` once all earlier tasks have ended, successfully or not. */
  inOrder<T>(task: () => Promise<T>): Promise<T> {
    const result = this.tail.then(task);
    this.tail = result.catch(() => {});
    return result;
  }
}
