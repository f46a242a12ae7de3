import type { Region } from '../../../../kernels/memory.ts';
import { elementCount } from '../../../formats/dtype.ts';
import type { ItemMemory } from '../../scheduler/itemKind.ts';
import { InputReader } from '../../tensors/inputTensor.ts';
import { inputBytes, TensorInput } from '../../tensors/tensorInput.ts';
import { Coder } from '../../output/coding.ts';
import { isLongRow, longest, windowsOf, type WindowedSpan } from '../../tensors/windows.ts';
import type { MergeMemory } from '../math/combine.ts';
import { toleranceOf, type MergeItem } from './mergeItem.ts';

/** What passes over an item's tensor work in. */
export interface PassMemory {
  /** In which they go through it. */
  readonly spans: readonly WindowedSpan[];
  readonly window: MergeMemory;
  readonly base: TensorInput | undefined;
  readonly readers: readonly InputReader[];
  /** Room for a row that is longer than a window. */
  readonly longRow: Region | undefined;
  /** Makes what codes the merged values; undefined: they are written as they are. */
  readonly coder: (() => Coder) | undefined;
}

/** Takes the memory of passes. */
export function passMemory(item: MergeItem, memory: ItemMemory, chunk: number): PassMemory {
  const { inputs, way, rowLength, resident } = item;
  const count = elementCount(item.shape);
  const spans = windowsOf(count, rowLength, chunk, resident);
  const { span, window } = longest(spans);
  const region = () => memory.alloc(4 * window);
  const [merged, a, b, decoding, encoded] = [region(), region(), region(), region(), region()];
  const xs = inputs.map(region);
  const hashed = !item.measure;
  const base = item.base && new TensorInput(item.base, memory.alloc(inputBytes(item.base, span)), hashed);
  const reading = { hashed, tolerance: toleranceOf(item) };
  const readers = inputs.map(input => new InputReader(memory, input, reading, base, decoding, span));
  // Methods on whole tensors keep all inputs and the result as plain arrays.
  if (way.kind === 'values') memory.plain(4 * ((inputs.length + 1) * count + way.workingValues));
  const isLong = isLongRow(rowLength, chunk);
  // Spans with rows longer than a window are put together in plain arrays, a row at a time in backend memory.
  if (isLong) memory.plain(4 * inputs.length * span);
  const longRow = isLong ? memory.alloc(4 * rowLength) : undefined;
  const coder =
    item.coding && !item.measure ? Coder.allocate(item.coding, item.shape, memory, window) : undefined;
  return { spans, window: { xs, merged, a, b, decoding, encoded }, base, readers, longRow, coder };
}
