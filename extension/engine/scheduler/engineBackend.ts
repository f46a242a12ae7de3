import type { MemoryShare, Room } from './memoryShare.ts';
import type { JobRunner } from './jobRunner.ts';

/** A backend ready to run jobs. */
export interface EngineBackend {
  readonly kind: 'cpu' | 'webgpu';
  /** Why this one, in a sentence. */
  readonly reason: string;
  /** What went wrong with the backend, but not with the results. */
  readonly warnings: readonly string[];
  readonly room: Room;
  runner(share: MemoryShare): JobRunner;
  dispose(): void;
}
