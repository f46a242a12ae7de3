/** Reads tensors that are put together from parts of others. */
import { DTYPE_BITS } from '../../formats/dtype.ts';
import { JOINED, type JoinedSource, type Part } from '../../formats/joinedSource.ts';
import { readElements } from './lora/matrixBlocks.ts';
import type { SourceContext, SourceKind } from './sourceKind.ts';

/** Elements whose turns are read together: a part is read at once, and so is what lies between its turns. */
const PIECE = 2 ** 22;

export const joined: SourceKind<JoinedSource> = {
  kind: JOINED,
  isSame: (a, b) => JSON.stringify({ ...a, name: '' }) === JSON.stringify({ ...b, name: '' }),
  async read(context, source, view, begin) {
    const size = DTYPE_BITS[source.dtype] / 8;
    const turn = source.parts.reduce((sum, { run }) => sum + run, 0);
    const end = (begin + view.length) / size;
    for (let at = begin / size; at < end;) {
      context.signal.throwIfAborted();
      const number = Math.floor(at / turn);
      const whole = at === number * turn ? Math.floor((end - at) / turn) : 0;
      const turns = Math.max(1, Math.min(whole, Math.floor(PIECE / turn)));
      const until = Math.min(end, (number + turns) * turn);
      const target = view.subarray(at * size - begin, until * size - begin);
      if (turns > 1) await readTurns(context, source, target, number, turns);
      else await readWithin(context, source, target, number, at - number * turn);
      at = until;
    }
  },
};

/** Fills `view` with elements of one turn. @param from the first one, counted from the turn's beginning */
async function readWithin(
  context: SourceContext,
  { dtype, parts }: JoinedSource,
  view: Uint8Array,
  turn: number,
  from: number,
): Promise<void> {
  const size = DTYPE_BITS[dtype] / 8;
  const end = from + view.length / size;
  let place = 0;
  for (const part of parts) {
    const [first, last] = [Math.max(from, place), Math.min(end, place + part.run)];
    if (first < last) {
      const target = view.subarray((first - from) * size, (last - from) * size);
      await readInto(context, part, dtype, target, part.first + turn * part.step + first - place);
    }
    place += part.run;
  }
}

/** Fills `view` with whole turns. */
async function readTurns(
  context: SourceContext,
  { dtype, parts }: JoinedSource,
  view: Uint8Array,
  first: number,
  turns: number,
): Promise<void> {
  const size = DTYPE_BITS[dtype] / 8;
  const turn = view.length / turns;
  let place = 0;
  for (const part of parts) {
    const { run, step } = part;
    const values = new Uint8Array(((turns - 1) * step + run) * size);
    await readInto(context, part, dtype, values, part.first + first * step);
    for (let i = 0; i < turns; i++)
      view.set(values.subarray(i * step * size).subarray(0, run * size), i * turn + place);
    place += run * size;
  }
}

/** Fills `view` with a part's elements from `first`, in a dtype that is its own or F32. */
async function readInto(
  context: SourceContext,
  { source }: Part,
  dtype: JoinedSource['dtype'],
  view: Uint8Array,
  first: number,
): Promise<void> {
  const size = DTYPE_BITS[dtype] / 8;
  if (source.dtype === dtype) return context.read(source, view, first * size);
  const values = await readElements(context, source, first, view.length / size);
  view.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
