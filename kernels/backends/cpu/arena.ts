/** Bump allocator over a stretch of addresses: everything that one scope allocated is given back at once. */
import { OutOfBackendMemory, type Region } from '../../memory.ts';

/** Regions begin on a page, as unbuffered file reads straight into them require. */
const ALIGNMENT = 4096;

/** The stages read and write whole vectors, up to this many bytes past a region's end. */
const SLACK = 64;

/** Number of regions of one scope that are sure to fit when their bytes add up to the capacity. */
const REGIONS = 256;

/** Bytes that an arena needs on top of its capacity for alignment and slack. */
export const ARENA_OVERHEAD = REGIONS * (ALIGNMENT + SLACK);

/** A region of the arena, valid while the scope that allocated it runs. */
export class ArenaRegion implements Region {
  constructor(
    readonly at: number,
    readonly bytes: number,
    private readonly scope: object,
    private readonly arena: Arena,
  ) {}

  /** Address of byte `offset`; throws when the region's scope has ended. */
  address(offset: number): number {
    if (this.arena.scope !== this.scope) throw new Error('a region was used after its scope had ended');
    return this.at + offset;
  }
}

export class Arena {
  /** Identity of the running scope. */
  scope: object | undefined;
  private next: number;
  private used = 0;

  /** Addresses from `start`; `capacity` bytes plus ARENA_OVERHEAD must follow it. */
  constructor(
    private readonly start: number,
    readonly capacity: number,
    private readonly owner: string,
  ) {
    this.next = start;
  }

  /** Begins a scope; throws when one is running. */
  begin(): void {
    if (this.scope) throw new Error(`${this.owner} runs one scope at a time`);
    this.scope = {};
  }

  /** Ends the scope and forgets its regions. */
  end(): void {
    this.scope = undefined;
    this.next = this.start;
    this.used = 0;
  }

  /** The least capacity that the running scope's regions fit into. */
  get needed(): number {
    return Math.max(this.used, this.next - this.start - ARENA_OVERHEAD);
  }

  /** @throws OutOfBackendMemory */
  alloc(bytes: number): ArenaRegion {
    if (!this.scope) throw new Error('memory was requested after its scope had ended');
    const at = Math.ceil(this.next / ALIGNMENT) * ALIGNMENT;
    const end = at + bytes + SLACK;
    if (this.used + bytes > this.capacity || end > this.start + this.capacity + ARENA_OVERHEAD) {
      throw new OutOfBackendMemory(bytes, this.capacity - this.used, this.owner);
    }
    this.next = end;
    this.used += bytes;
    return new ArenaRegion(at, bytes, this.scope, this);
  }
}
