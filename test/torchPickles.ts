/** Pickles, and archives as torch.save writes them, made by hand: nothing that PyTorch would write. */
import { zipBytes } from './fuzz/zipFile.ts';

/** An instruction's code and what follows, as bytes or as a text of such bytes. */
type Piece = Uint8Array | string;

export const joined = (...pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

export const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return joined('X', length, bytes);
};

export const int = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return joined('\x8a\x08', bytes);
};

export const global = (module: string, name: string): Buffer => joined('c', `${module}\n${name}\n`);
export const tuple = (...items: readonly Piece[]): Buffer => joined('(', ...items, 't');
export const dict = (...items: readonly Piece[]): Buffer => joined('}(', ...items, 'u');
export const call = (callee: Piece, ...args: readonly Piece[]): Buffer => joined(callee, tuple(...args), 'R');

/** A storage of so many values, float32 by default. */
export const storage = (count: number, key = '0', type = 'FloatStorage'): Buffer =>
  joined(tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(count)), 'Q');

interface View {
  readonly offset?: number;
  readonly shape: readonly (number | bigint)[];
  readonly strides: readonly number[];
}

/** A tensor of such a storage. */
export const tensor = (of: Piece, { offset = 0, shape, strides }: View): Buffer =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    ...[of, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)), '\x89'],
    call(global('collections', 'OrderedDict')),
  );

/** The bytes of a pickle of protocol 2. */
export const pickleOf = (value: Piece): Buffer => joined('\x80\x02', value, '.');

/** An archive with a pickle and a storage of eight float32 values, from 0 to 7. */
export const archiveOf = (value: Piece, others: Readonly<Record<string, Uint8Array>> = {}): Buffer =>
  zipBytes({
    'made/data.pkl': pickleOf(value),
    'made/data/0': new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer),
    ...others,
  });
