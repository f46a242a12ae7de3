/** What turns a tensor of a .tvq file back into values, whatever its codec. */
import type { Region, Slice } from '../../../kernels/memory.ts';
import type { ItemContext } from '../scheduler/item.ts';
import type { Span } from '../tensors/tensorInput.ts';

/** Codes in backend memory, as unpackDequantize takes them. */
export interface CodeSlice {
  readonly region: Region;
  readonly first: number;
  readonly bits: number;
}

/** One tensor of one vector on its way back to values. Making a reader takes memory, and reads nothing yet. */
export interface RecordReader {
  /** Starts to read a span; resolves when it is in backend memory. */
  load(context: ItemContext, span: Span): Promise<void>;
  /** Values of a chunk of the loaded span, plus the reference where there is one (ratios: times the reference), as F32 at the start of `out`; what
   * stands there behind them, up to the next multiple of CHUNK_ALIGNMENT values, may change. */
  decode(context: ItemContext, chunk: Span, reference: Slice | undefined, out: Region): Promise<void>;
  /** The codes from an element of the loaded span on (a chunk's beginning); undefined where there are none. */
  codes(first: number): CodeSlice | undefined;
  /** After all spans: @throws UserError when the payload was damaged */
  check(context: ItemContext): void;
}
