/** How to get the bytes of a tensor, for each kind of source: the only place that knows. */
import { elementCount } from '../../formats/dtype.ts';
import type { RangeSource, TensorSource } from '../../formats/tensorSource.ts';
import { gguf } from './gguf/source.ts';
import { joined } from './joined.ts';
import { adapted } from './lora/adapted.ts';
import { packed } from './quantized/packed.ts';
import { scaled } from './quantized/scaled.ts';
import { table } from './quantized/table.ts';
import type { ReadContext, SourceContext, SourceKind } from './sourceKind.ts';
import { strided } from './strided.ts';

const range: SourceKind<RangeSource> = {
  kind: 'range',
  read: ({ files }, { file, offset }, view, begin) => files.read(file, view, offset + begin),
  isSame: (a, b) => a.file === b.file && a.offset === b.offset,
};

const KINDS = new Map<string, SourceKind<TensorSource>>();

/** Every thread that reads such sources has to add their kind. */
export function addSourceKind<S extends TensorSource>(kind: SourceKind<S>): void {
  KINDS.set(kind.kind, kind);
}

addSourceKind(range);
addSourceKind(adapted);
addSourceKind(strided);
addSourceKind(joined);
addSourceKind(gguf);
addSourceKind(scaled);
addSourceKind(table);
addSourceKind(packed);

function kindOf({ kind }: TensorSource): SourceKind<TensorSource> {
  const known = KINDS.get(kind);
  if (!known) throw new Error(`there is no kind of source "${kind}"`);
  return known;
}

/** Fills `view` with a tensor's bytes from `begin` on. */
export function readSource(
  { files, kernels, signal }: ReadContext,
  source: TensorSource,
  view: Uint8Array,
  begin: number,
): Promise<void> {
  const context: SourceContext = {
    files,
    kernels,
    signal,
    read: (other, part, first) => kindOf(other).read(context, other, part, first),
  };
  return context.read(source, view, begin);
}

/** Bytes that one value takes at most on its way: of a small tensor, less is read at once than of a large one. */
const BYTES_PER_VALUE = 20;

/** Bytes that reading takes, or less for a tensor that is too small to need them. */
export const atMost = (bytes: number, shape: readonly number[]): number =>
  Math.min(bytes, BYTES_PER_VALUE * elementCount(shape));

/** Bytes that reading a source takes beside what is read. */
export const workingBytes = (source: TensorSource): number =>
  atMost(kindOf(source).working?.(source) ?? 0, source.shape);

/** Whether both are the same bytes, as far as that is known without reading them. */
export const isSameSource = (a: TensorSource, b: TensorSource): boolean =>
  a.kind === b.kind && kindOf(a).isSame(a, b);
