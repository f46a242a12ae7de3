import type { MemoryShare, Room } from './memoryShare.ts';
import type { ItemRunner } from './itemRunner.ts';

/** A backend ready to run items. */
export interface EngineBackend {
  readonly kind: 'cpu' | 'webgpu';
  /** Why this one, in a sentence. */
  readonly reason: string;
  /** What went wrong with the backend, but not with the results. */
  readonly warnings: readonly string[];
  readonly room: Room;
  runner(share: MemoryShare): ItemRunner;
  dispose(): void;
}
