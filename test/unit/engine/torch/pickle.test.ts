/** What a pickle may say, and what is refused: by its name, within limits, and without running anything. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { temporaryPaths } from '../../../temporary.ts';
import {
  archiveOf,
  call,
  dict,
  global,
  int,
  joined,
  storage,
  tensor,
  text,
  tuple,
} from '../../../torchPickles.ts';

const newPath = await temporaryPaths();

async function opened(archive: Uint8Array) {
  const file = newPath('.pt');
  await writeFile(file, archive);
  return openCheckpoint(file);
}

const WEIGHT = tensor(storage(8), { shape: [2, 4], strides: [4, 1] });
/** A state dict with a weight and something else. */
const beside = (value: Uint8Array): Uint8Array => archiveOf(dict(text('w'), WEIGHT, text('other'), value));
const NONE = joined('N');

describe('what could run code is refused by its name', () => {
  test.each([
    ['os', 'system'],
    ['nt', 'system'],
    ['subprocess', 'Popen'],
    ['builtins', 'eval'],
    ['__builtin__', 'exec'],
    ['importlib', 'import_module'],
    ['webbrowser', 'open'],
    ['types', 'FunctionType'],
    ['torch', 'os.system'],
    ['torch.storage', 'io.open'],
  ])('%s.%s as soon as it is named', async (module, name) => {
    await expect(opened(beside(global(module, name)))).rejects.toThrow(
      `its pickle asks for ${module}.${name}, which may run code`,
    );
  });

  test.each([
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['torch.storage', '_load_from_bytes'],
    ['numpy.testing._private.utils', 'runstring'],
    ['my.project', 'build_model'],
  ])('%s.%s when it is called', async (module, name) => {
    await expect(opened(beside(call(global(module, name), text('x'))))).rejects.toThrow(
      `its pickle asks for ${module}.${name}, which may run code`,
    );
  });

  test('by an attribute of something else', async () => {
    const getattr = global('builtins', 'getattr');
    const eval_ = call(getattr, global('torch', 'serialization'), text('eval'));
    await expect(opened(beside(eval_))).rejects.toThrow('asks for torch.serialization.eval');
    const method = call(call(getattr, WEIGHT, text('numpy')));
    await expect(opened(beside(method))).rejects.toThrow('its pickle calls a value, not a class or function');
  });
});

test.each([
  ['a function that is only named', global('torch._C._nn', 'gelu')],
  ['a class of the project', call(global('my.project', 'Config'), text('x'))],
  ['a class by NEWOBJ with attributes', joined(global('my', 'config'), ')\x81', dict(text('a'), NONE), 'b')],
  ['a dict of its own', joined(global('my', 'Dict'), ')\x81(', text('k'), NONE, 'u')],
  ['a list of its own', joined(global('my', 'List'), ')\x81(NNe')],
  ['a member of an enumeration', call(global('builtins', 'getattr'), global('my', 'Colour'), text('RED'))],
  ['a path', call(global('pathlib', 'PosixPath'), text('/'), text('etc'))],
  ['a partial function', call(global('functools', 'partial'), global('torch.nn.functional', 'dropout'))],
  [
    'an array of NumPy',
    call(global('numpy._core.numeric', '_frombuffer'), joined('\x96', '\x01', '\0'.repeat(7), 'x')),
  ],
  ['a pattern', call(global('re', '_compile'), text('a+'), int(32))],
  ['bytes of Python 2', call(global('_codecs', 'encode'), text('é'), text('latin1'))],
  ['a set and a frozen one', tuple(joined('\x8f(NNN\x90'), joined('(N\x91'))],
])('%s is left aside', async (_, value) => {
  const { tensors, notes } = await opened(beside(value));
  expect([...tensors.keys()]).toEqual(['w']);
  expect(notes).toEqual([expect.stringContaining('the tensors are read; left out: "other"')]);
});

describe('pickles that nothing would write', () => {
  const many = (piece: string, count: number) => joined(piece.repeat(count));
  test.each<[string, Uint8Array, string]>([
    ['nothing', joined('N'), 'it holds nothing, without tensors of a model'],
    [
      'an instruction of protocol 0',
      joined('I1\n'),
      'its pickle has the instruction 0x49, which torch.save does not write',
    ],
    ['a newer protocol', joined('\x80\x06'), 'its pickle has protocol 6; 2 to 5 are read'],
    ['a value that is not there', joined('0'), 'its pickle takes a value that is not there'],
    ['a value before a mark', joined('N(0'), 'its pickle takes a value that is not there'],
    ['no mark', joined('t'), 'its pickle takes values up to a mark that is not there'],
    ['an unknown value', joined('h\x05'), 'its pickle uses a value before it is made'],
    ['a key without a value', joined('}(Nu'), 'its pickle has a key without a value'],
    ['entries of a list', joined('](NNu'), 'its pickle puts entries into something else than a dict'],
    ['appending to a dict', joined('}(Ne'), 'its pickle appends to something else than a list'],
    ['a text beyond the end', joined('X\xff\xff\xff\xff'), 'its pickle has no end'],
    ['bytes beyond the end', joined('\x8e\xff\xff\xff\xff\xff\xff\xff\xff'), 'its pickle has no end'],
    ['an endless number', joined('\x8b\xff\xff\xff\x7f'), 'its pickle has an integer of 2147483647 bytes'],
    ['a name without an end', joined('cos'), 'its pickle has no end'],
    [
      'a class that is a number',
      joined('NN\x93'),
      'its pickle names a class by something that is not a text',
    ],
    ['an id of something else', joined('NQ'), 'its pickle refers to something else than a storage'],
    ['too many instructions', many('N0', 4_000_001), 'its pickle has more than 8000000 instructions'],
    ['too many values', many('N', 1_000_001), 'its pickle stacks more than 1000000 values'],
    ['too many dicts', many('}0', 400_001), 'its pickle makes more than 400000 dicts'],
    ['too many names', many('cm\nB\n0', 400_001), 'its pickle names more than 400000 classes and functions'],
    ['too many marks', many('(', 1_000_001), 'its pickle stacks more than 1000000 marks'],
    ['too many objects', many(']0', 1_500_001), 'its pickle makes more than 1500000 objects'],
  ])('%s', async (_, value, message) => {
    await expect(opened(archiveOf(value))).rejects.toThrow(message);
  });

  test('a dict in itself, and dicts that grow with every level', async () => {
    const cycle = joined('}q\x00(', text('a'), 'h\x00u');
    await expect(opened(archiveOf(cycle))).rejects.toThrow('its dicts nest deeper than 64');
    // Ten times the one before, fourteen times: 10^14 places.
    let wide: Uint8Array = dict(text('x'), NONE);
    for (let level = 0; level < 14; level++) {
      const keys = Array.from({ length: 10 }, (_, i) =>
        joined(text(`k${i}`), `h${String.fromCharCode(level)}`),
      );
      wide = joined(wide, `q${String.fromCharCode(level)}0`, dict(...keys));
    }
    await expect(opened(archiveOf(wide))).rejects.toThrow(
      'its dicts and modules have more than 1000000 entries',
    );
  });

  test('a name that grows with every attribute', async () => {
    const getattr = global('builtins', 'getattr');
    const step = joined('q\x010h\x00(h\x01h\x02tR');
    const chain = joined(
      getattr,
      'q\x000',
      text('a'),
      'q\x020',
      global('my', 'Net'),
      ...Array.from({ length: 600 }, () => step),
    );
    await expect(opened(archiveOf(chain))).rejects.toThrow(
      'its pickle names a class by more than 1024 characters',
    );
  });

  test('the same list passed again and again', async () => {
    const numbers = joined(
      '](',
      'N'.repeat(500_000),
      'eq\x000',
      global('builtins', 'list'),
      'q\x010',
      global('builtins', 'dict'),
      'q\x020',
    );
    const calls = joined(numbers, 'h\x01(h\x00tR0h\x02(h\x00tR0'.repeat(100_000), 'N');
    await expect(opened(archiveOf(calls))).rejects.toThrow('it holds nothing, without tensors of a model');
  }, 10_000);

  test('a subclass made by itself, and a key made of lists', async () => {
    const rebuild = global('torch._tensor', '_rebuild_from_type_v2');
    const args = joined(']q\x00(', rebuild, 'NNh\x00e0');
    const itself = joined(args, rebuild, '(', rebuild, 'Nh\x00NtR');
    const value = joined('}(', text('w'), itself, 'u');
    await expect(opened(archiveOf(value))).rejects.toThrow('tensor "w": a tensor of an unknown kind');
    const key = joined(
      tuple(text('storage'), global('torch', 'FloatStorage'), ']', text('cpu'), int(8)),
      'Q',
    );
    await expect(opened(archiveOf(key))).rejects.toThrow(
      'its pickle refers to something else than a storage',
    );
  });

  test('a large module under many names', async () => {
    const parameters = joined(
      '}(',
      ...Array.from({ length: 2000 }, (_, i) => joined(text(`p${i}`), 'N')),
      'u',
    );
    const module = joined(
      global('my', 'Net'),
      ')\x81q\x00',
      dict(text('_modules'), '}', text('_parameters'), parameters),
      'b0',
    );
    const names = Array.from({ length: 2000 }, (_, i) => joined(text(`m${i}`), 'h\x00'));
    await expect(opened(archiveOf(joined(module, '}(', ...names, 'u')))).rejects.toThrow(
      'its dicts and modules have more than 1000000 entries',
    );
  });

  test('modules in themselves', async () => {
    const module = joined(
      global('my', 'Net'),
      ')\x81q\x00',
      dict(text('_modules'), dict(text('m'), joined('h\x00'))),
      'b',
    );
    await expect(opened(archiveOf(module))).rejects.toThrow('its modules nest deeper than 100');
  });
});

describe('tensors that the file cannot have', () => {
  test.each<[string, Uint8Array, string]>([
    [
      'a negative size',
      tensor(storage(8), { shape: [-1], strides: [1] }),
      'its shape, strides and offset are not whole',
    ],
    [
      'a negative stride',
      tensor(storage(8), { shape: [2], strides: [-1] }),
      'its shape, strides and offset are not',
    ],
    [
      'a size beyond a float',
      tensor(storage(8), { shape: [2n ** 60n], strides: [1] }),
      'its shape, strides and',
    ],
    [
      'fewer strides',
      tensor(storage(8), { shape: [2, 2], strides: [1] }),
      'its shape, strides and offset are not',
    ],
    [
      'more than there is',
      tensor(storage(8), { shape: [9], strides: [1] }),
      'it goes up to byte 36 of a storage that has 32',
    ],
    [
      'an offset',
      tensor(storage(8), { offset: 7, shape: [2], strides: [1] }),
      'it goes up to byte 36 of a storage that has 32',
    ],
    [
      'a stride',
      tensor(storage(8), { shape: [2], strides: [8] }),
      'it goes up to byte 36 of a storage that has 32',
    ],
    [
      'one value for ever',
      tensor(storage(8), { shape: [2 ** 40], strides: [0] }),
      'has 4398046511104 bytes, more than the file',
    ],
    [
      'sizes that overflow',
      tensor(storage(8), { shape: [2 ** 50, 2 ** 50], strides: [0, 0] }),
      'more than the file',
    ],
    [
      'many dimensions',
      tensor(storage(8), {
        shape: Array.from({ length: 65 }, () => 1),
        strides: Array.from({ length: 65 }, () => 1),
      }),
      'it has 65 dimensions, at most 64 are read',
    ],
    [
      'no storage',
      tensor(NONE, { shape: [1], strides: [1] }),
      'its pickle makes a tensor of something else than a storage',
    ],
    [
      'another storage',
      tensor(storage(8, '1'), { shape: [1], strides: [1] }),
      'it has no made/data/1; is the file complete?',
    ],
  ])('%s', async (_, value, message) => {
    await expect(opened(archiveOf(dict(text('w'), value)))).rejects.toThrow(message);
  });

  test('a name that is too long', async () => {
    const long = dict(text('n'.repeat(2001)), WEIGHT);
    await expect(opened(archiveOf(long))).rejects.toThrow('a name in it has more than 2000 characters');
  });

  test('a name that is no text', async () => {
    const name = joined('X\x01\0\0\0\xff');
    await expect(opened(archiveOf(dict(name, WEIGHT)))).rejects.toThrow('its name is not valid UTF-8');
    expect((await opened(archiveOf(dict(int(1), WEIGHT, text('w'), WEIGHT)))).tensors.size).toBe(1);
  });
});
