/**
 * Reads tensors whose elements do not lie one after another. A span is a few boxes of the tensor; the elements of a box
 * are gathered in the order in which they lie in the file, so that every byte is read about once, in few reads and in
 * little memory, whichever way the tensor is turned.
 */
import { DTYPE_BITS } from '../../formats/dtype.ts';
import { STRIDED, type StridedSource } from '../../formats/torch/stridedSource.ts';
import type { SourceKind } from './sourceKind.ts';

/** Bytes read at once, as far as elements lie close enough. */
const WINDOW_BYTES = 1 << 20;
/** Windows read at once: enough to keep a disk busy. */
const WINDOWS_AT_ONCE = 8;
/** Bytes between elements that are read too rather than skipped: a disk reads at least this much anyway. */
const GAP_BYTES = 16 << 10;
/** Runs in a window: their descriptions take memory too. */
const WINDOW_RUNS = 1 << 14;

export const strided: SourceKind<StridedSource> = {
  kind: STRIDED,
  working: ({ bytes }) => Math.min(bytes, WINDOWS_AT_ONCE * WINDOW_BYTES),
  async read({ files, signal }, source, view, begin) {
    const bytes = DTYPE_BITS[source.dtype] / 8;
    const windows = windowsOf(source, bytes, begin / bytes, (begin + view.length) / bytes);
    const readWindow = async ({ first, end, runs }: Window): Promise<void> => {
      const window = new Uint8Array((end - first) * bytes);
      await files.read(source.file, window, source.offset + first * bytes);
      for (const run of runs) gather(window, view, bytes, { ...run, from: run.from - first });
    };
    for (let reading = take(windows); reading.length > 0; reading = take(windows)) {
      signal.throwIfAborted();
      // After a failure nothing may still be writing into the view, whose memory then has other uses.
      const [failed] = (await Promise.allSettled(reading.map(readWindow))).filter(
        result => result.status === 'rejected',
      );
      if (failed) throw failed.reason as Error;
    }
  },
  isSame: (a, b) => a.file === b.file && a.offset === b.offset && a.strides.join() === b.strides.join(),
};

/** The next windows that are read at once. */
function take(windows: Generator<Window, void>): Window[] {
  const taken: Window[] = [];
  while (taken.length < WINDOWS_AT_ONCE) {
    const next = windows.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** Elements at equal distances, in the file and in the span; positions count elements. */
interface Run {
  readonly from: number;
  readonly fromStep: number;
  readonly to: number;
  readonly toStep: number;
  readonly count: number;
}

/** A part of the file that is read at once, and what is taken from it. */
interface Window {
  readonly first: number;
  readonly end: number;
  readonly runs: readonly Run[];
}

/** Groups the runs of a span, as long as they lie close to each other. */
function* windowsOf(
  source: StridedSource,
  bytes: number,
  begin: number,
  end: number,
): Generator<Window, void> {
  const [most, gap] = [WINDOW_BYTES / bytes, GAP_BYTES / bytes];
  let window: { first: number; end: number; runs: Run[] } | undefined;
  for (const box of boxesOf(source.shape, begin, end)) {
    for (const run of runsOf(box, source, begin, inner => (inner > gap ? 1 : Math.floor(most / inner)))) {
      const runEnd = run.from + run.fromStep * (run.count - 1) + 1;
      const isNear = window && run.from >= window.first && run.from <= window.end + gap;
      if (window && isNear && runEnd - window.first <= most && window.runs.length < WINDOW_RUNS) {
        window.runs.push(run);
        window.end = Math.max(window.end, runEnd);
        continue;
      }
      if (window) yield window;
      window = { first: run.from, end: runEnd, runs: [run] };
    }
  }
  if (window) yield window;
}

/** A part of a tensor: from an index, and how many, in each dimension. */
type Box = readonly { readonly first: number; readonly count: number }[];

/** The fewest boxes that have the elements from `begin` to `end`, counted row by row. */
function* boxesOf(
  shape: readonly number[],
  begin: number,
  end: number,
  outer: Box = [],
): Generator<Box, void> {
  if (begin >= end) return;
  const [size, ...rest] = shape;
  if (size === undefined) {
    yield outer;
    return;
  }
  const row = rest.reduce((product, dim) => product * dim, 1);
  const first = Math.ceil(begin / row);
  const last = Math.floor(end / row);
  const at = (index: number): Box => [...outer, { first: index, count: 1 }];
  if (first > last) {
    yield* boxesOf(rest, begin - last * row, end - last * row, at(last));
    return;
  }
  if (begin < first * row) yield* boxesOf(rest, begin - (first - 1) * row, row, at(first - 1));
  if (first < last)
    yield [...outer, { first, count: last - first }, ...rest.map(count => ({ first: 0, count }))];
  if (last * row < end) yield* boxesOf(rest, 0, end - last * row, at(last));
}

/** The elements of a box in the order of the file. @param most elements of a run, by the distance between them */
function* runsOf(
  box: Box,
  { shape, strides }: StridedSource,
  begin: number,
  most: (distance: number) => number,
): Generator<Run, void> {
  const rows = rowStrides(shape);
  const dims = box
    .map(({ first, count }, i) => ({ first, count, from: strides[i] as number, to: rows[i] as number }))
    .sort((a, b) => b.from - a.from);
  const start = dims.reduce(
    (sum, { first, from, to }) => ({ from: sum.from + first * from, to: sum.to + first * to }),
    { from: 0, to: -begin },
  );
  const loops = dims.filter(({ count }) => count > 1);
  const inner = loops.pop() ?? { count: 1, from: 1, to: 1 };
  const step = inner.from === 0 ? inner.count : most(inner.from);
  const index = loops.map(() => 0);
  for (let { from, to } = start; ;) {
    for (let i = 0; i < inner.count; i += step)
      yield {
        from: from + i * inner.from,
        fromStep: inner.from,
        to: to + i * inner.to,
        toStep: inner.to,
        count: Math.min(step, inner.count - i),
      };
    let at = loops.length - 1;
    for (; at >= 0; at--) {
      const loop = loops[at] as (typeof loops)[number];
      const next = (index[at] as number) + 1;
      from += loop.from;
      to += loop.to;
      if (next < loop.count) {
        index[at] = next;
        break;
      }
      index[at] = 0;
      from -= loop.count * loop.from;
      to -= loop.count * loop.to;
    }
    if (at < 0) return;
  }
}

/** From one element to the next in each dimension where they lie row by row. */
function rowStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let i = shape.length - 1, stride = 1; i >= 0; stride *= shape[i--] as number) strides[i] = stride;
  return strides;
}

/** Copies the elements of a run, in the largest words that elements and places are made of. */
function gather(window: Uint8Array<ArrayBuffer>, view: Uint8Array, bytes: number, run: Run): void {
  const { from, fromStep, to, toStep, count } = run;
  if (fromStep === 1 && toStep === 1) {
    view.set(window.subarray(from * bytes, (from + count) * bytes), to * bytes);
    return;
  }
  const size = WORD_BYTES.find(one => bytes % one === 0 && view.byteOffset % one === 0) as keyof typeof WORDS;
  const [Words, words] = [WORDS[size], bytes / size];
  const source = new Words(window.buffer);
  const target = new Words(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength / size);
  for (let i = 0, read = from * words, write = to * words; i < count; i++) {
    for (let word = 0; word < words; word++) target[write + word] = source[read + word] as number;
    read += fromStep * words;
    write += toStep * words;
  }
}

/** Whole numbers: as a float the bits of a NaN might change. */
const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array } as const;
const WORD_BYTES = [4, 2, 1] as const;
