import { packedBytes } from '../../../kernels/codes.ts';
import type { Region } from '../../../kernels/memory.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { EncoderMemory } from '../codecs/codec.ts';
import { codecOf } from '../codecs/registry.ts';
import type { ItemMemory } from '../scheduler/itemKind.ts';
import { inputBytes, longestSpan } from '../tensors/tensorInput.ts';
import { inMemory, isQuantized, widestCodes, type QuantizeItem } from './item.ts';
import { sharedMemory, type SharedMemory } from './sharedVector.ts';

/** What an item works in. */
export interface QuantizeMemory {
  readonly base: Region | undefined;
  /** The fine-tuned checkpoints' tensors take turns in these. */
  readonly tuned: readonly Region[];
  readonly scratch: EncoderMemory;
  readonly shared: SharedMemory | undefined;
}

/** Takes an item's memory; undefined where nothing is quantized. */
export function quantizeMemory(
  item: QuantizeItem,
  memory: ItemMemory,
  chunk: number,
): QuantizeMemory | undefined {
  const { base, shared, tasks, resident, analyze } = item;
  const codings = tasks.filter(isQuantized).map(({ coding }) => coding);
  if (codings.length === 0) return undefined;
  const sources = inMemory(item).map(({ source }) => source as TensorSource);
  const count = elementCount((sources[0] as TensorSource).shape);
  const span = longestSpan(count, resident);
  const bits = widestCodes(item);
  const widest = Math.max(...sources.map(source => inputBytes(source, span)));
  // Two alternate, so that the next is read while one is computed; a mean needs all at once.
  const turns = sources.slice(0, shared ? undefined : 2);
  // One tensor is coded after the other: of each region that codecs need, the largest is for all.
  const extra: number[] = [];
  for (const coding of codings)
    for (const [i, bytes] of (codecOf(coding).extra?.(chunk, span) ?? []).entries())
      extra[i] = Math.max(extra[i] ?? 0, bytes);
  const collected = (shared ? [shared, ...codings] : codings).map(
    coding => codecOf(coding).collected?.(coding) ?? 0,
  );
  // Collected in pieces, then joined.
  if (!analyze) memory.plain(2 * Math.max(...collected));
  return {
    base: base && memory.alloc(inputBytes(base, span)),
    tuned: turns.map(() => memory.alloc(widest)),
    scratch: {
      x: memory.alloc(4 * Math.min(chunk, span)),
      codes: memory.alloc(packedBytes(span, bits) + 4),
      extra: extra.map(bytes => memory.alloc(bytes)),
    },
    shared: base && shared && sharedMemory(memory, chunk, { count, resident, bits }),
  };
}
