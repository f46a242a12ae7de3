import { Thread } from './thread.ts';

/** How long threads stay when no run uses them: they hold the memory of the last one, but the next often follows at
 * once. */
const IDLE_MS = 10_000;

/** Keeps threads from one run to the next, of any job of this process. */
export class KeptThreads {
  #idle: Thread[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Threads with `arena` bytes of backend memory each. Others that are idle end, or their memory would be used too. */
  async take(count: number, arena: number, module: WebAssembly.Module): Promise<Thread[]> {
    clearTimeout(this.#timer);
    const idle = this.#idle.splice(0);
    const kept = idle.filter(thread => !thread.ended && thread.arena === arena).slice(0, count);
    await Promise.all(idle.filter(thread => !kept.includes(thread)).map(thread => thread.terminate()));
    for (const thread of kept) thread.wake();
    const added = Array.from({ length: count - kept.length }, () => new Thread(module, arena));
    return [...kept, ...added];
  }

  /** Takes back threads whose run succeeded. */
  async keep(threads: readonly Thread[]): Promise<void> {
    await Promise.all(threads.map(thread => thread.rest()));
    this.#idle.push(...threads);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.endIdle(), IDLE_MS).unref();
  }

  /** Gives back the memory of threads that no run uses. */
  async endIdle(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#idle.splice(0).map(thread => thread.terminate()));
  }
}
