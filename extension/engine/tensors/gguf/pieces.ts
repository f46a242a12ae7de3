/**
 * Where the rows of a tensor are in a file in which each head's rows are interleaved: row i of its first half, row i of
 * its second, row i + 1 of its first … (llama.cpp: convert_hf_to_gguf.py, LlamaModel.permute).
 */

/** What is read at once: stored values, of which every second row is taken, beginning with the first. */
export interface Piece {
  /** Number of the first stored value. */
  readonly stored: number;
  readonly count: number;
  /** Values of a row. */
  readonly row: number;
  /** Number of the value that the first of them is; rows follow one another. */
  readonly to: number;
}

/** Values of a piece: 1 MiB as F32. */
export const PIECE_VALUES = 1 << 18;

export interface Rows {
  readonly rows: number;
  /** Heads whose rows are interleaved; 0: rows are in order. */
  readonly heads: number;
  /** Of the whole tensor. */
  readonly values: number;
}

/** The pieces that values from `first` up to `end` are in; rows at their ends may be there as a whole. */
export function* piecesOf({ rows, heads, values }: Rows, first: number, end: number): Generator<Piece> {
  if (heads === 0) {
    yield* stretch(first, end, 0);
    return;
  }
  const [row, half] = [values / rows, rows / heads / 2];
  const most = Math.max(1, Math.floor(PIECE_VALUES / (2 * row)));
  for (let at = Math.floor(first / row); at * row < end;) {
    const within = at % half;
    const isSecond = Math.floor(at / half) % 2;
    const storedRow = at - within - isSecond * half + 2 * within + isSecond;
    const count = Math.min(most, half - within, Math.ceil(end / row) - at);
    if (count === 1)
      yield* stretch(Math.max(first, at * row), Math.min(end, (at + 1) * row), (storedRow - at) * row);
    else yield { stored: storedRow * row, count: (2 * count - 1) * row, row, to: at * row };
    at += count;
  }
}

/** Values in order, stored `moved` values after their own place. */
function* stretch(first: number, end: number, moved: number): Generator<Piece> {
  for (let to = first; to < end; to += PIECE_VALUES) {
    const count = Math.min(PIECE_VALUES, end - to);
    yield { stored: to + moved, count, row: count, to };
  }
}
