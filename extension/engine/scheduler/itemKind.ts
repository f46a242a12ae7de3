/** What there is to know of one kind of item; every kind is registered once, in itemKinds.ts. */
import { measuringArena } from '../../../kernels/backends/cpu/backend.ts';
import type { Scope } from '../../../kernels/memory.ts';
import { FileError } from '../../shared/errors.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { workingBytes } from '../tensors/sourceKinds.ts';
import type { MemoryShare } from './memoryShare.ts';
import type { Item, ItemContext, ItemReport } from './item.ts';

/** Where an item's memory comes from: the backend's, and the process's own, which counts like it. */
export interface ItemMemory extends Scope {
  /** Counts the bytes of plain arrays that the item fills on its way. */
  plain(bytes: number): void;
}

export interface ItemKind<J extends Item = Item, R extends ItemReport = ItemReport> {
  readonly kind: J['kind'];
  /** Everything an item reads: sources of tensors, and payloads of .tvq files. */
  sources(item: J): readonly (TensorSource | { readonly bytes: number } | undefined)[];
  /**
   * Takes all the memory that an item needs when stages take `chunk` elements at once. It reads and computes nothing: a
   * plan calls it, too, to know how much that is.
   * @returns what does the item in that memory
   */
  allocate(item: J, memory: ItemMemory, chunk: number): (context: ItemContext) => Promise<R>;
  /** What to do in place of an item that failed, in no more memory than it has; undefined: nothing. */
  instead?(item: J, error: unknown, context: ItemContext): Promise<J | undefined>;
}

/** Bytes an item reads, for progress. */
export const itemBytes = <J extends Item>(kind: ItemKind<J>, item: J): number =>
  kind.sources(item).reduce((sum, source) => sum + (source?.bytes ?? 0), 0);

/**
 * Bytes of memory that an item needs: what it allocates is counted as the CPU backend counts it, and what reading its
 * sources takes is added, as all may be read at once.
 */
export function memoryOf<J extends Item>(kind: ItemKind<J>, item: J, chunk: number): number {
  const arena = measuringArena();
  const alloc = (bytes: number) => arena.alloc(bytes);
  kind.allocate(item, { alloc, plain: alloc }, chunk);
  return kind
    .sources(item)
    .reduce((sum, source) => sum + (source && 'kind' in source ? workingBytes(source) : 0), arena.needed);
}

/** The most memory that one of the items needs; 0 where there is none. */
export const mostMemory = <J extends Item>(kind: ItemKind<J>, items: readonly J[], chunk: number): number =>
  items.reduce((most, item) => Math.max(most, memoryOf(kind, item, chunk)), 0);

/** Items with those whose tensors fit into the arena as a whole marked resident, so that they are read once. */
export const placeItems = <J extends Item>(
  kind: ItemKind<J>,
  items: readonly J[],
  { arena }: MemoryShare,
  chunk: number,
): J[] =>
  items.map(item => {
    if (item.resident === undefined) return item;
    const resident = { ...item, resident: true };
    return memoryOf(kind, resident, chunk) <= arena ? resident : item;
  });

/** @throws FileError naming the tensor too, when a file cannot be read */
export async function runItem<J extends Item, R extends ItemReport>(
  kind: ItemKind<J, R>,
  item: J,
  context: ItemContext,
): Promise<R> {
  try {
    return await inScope(kind, item, context).catch(async (error: unknown) => {
      const other = await kind.instead?.(item, error, context);
      if (!other) throw error;
      return inScope(kind, other, context);
    });
  } catch (error) {
    throw error instanceof FileError && error.reading ? error.ofTensor(item.tensor) : error;
  }
}

const inScope = <J extends Item, R extends ItemReport>(
  kind: ItemKind<J, R>,
  item: J,
  context: ItemContext,
): Promise<R> =>
  context.backend.scope(scope => {
    const memory: ItemMemory = { alloc: bytes => scope.alloc(bytes), plain: () => undefined };
    return kind.allocate(item, memory, context.backend.chunk)(context);
  });
