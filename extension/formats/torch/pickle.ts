/**
 * A machine for pickles that runs nothing: the instructions of protocols 2 to 5 that make data (Python's pickle.py and
 * pickletools.py), within limits. Classes and functions are only named; whoever uses the machine says what comes of
 * a call. All work is proportional to the number of instructions.
 */
import { PickleFault } from './pickleFaults.ts';
import { PickleReader } from './pickleReader.ts';
import { Dict, Global, Opaque } from './pickleValues.ts';

/** A tensor takes about 30 instructions: these are enough for 250,000. */
const MAX_INSTRUCTIONS = 8_000_000;
/** Lists, dicts and objects; a tensor takes about five. */
const MAX_OBJECTS = 1_500_000;
/** Classes and functions: a pickle names each once. */
const MAX_NAMED = 400_000;
const MAX_MEMO = 4_000_000;
const MAX_STACK = 1_000_000;

/** What the values outside of a pickle are; the calls may throw a PickleFault. */
export interface Surroundings {
  /** A class or function that is named, before anything is done with it. */
  named(global: Global): void;
  /** What calling a function or a class would give. */
  called(global: Global, args: readonly unknown[]): unknown;
  /** What making an object of a class gives, by its `__new__` alone. */
  made(type: Global, args: readonly unknown[]): unknown;
  /** What an id stands for: storages of tensors have such ids. */
  persistent(id: unknown): unknown;
}

interface Unpickled {
  readonly value: unknown;
  /** Bytes from the start up to the pickle's end. */
  readonly end: number;
}

/**
 * The value of the pickle that begins at `start`.
 * @throws PickleFault
 * @throws CutOff if it goes on after the last byte
 */
export function unpickle(bytes: Uint8Array, start: number, surroundings: Surroundings): Unpickled {
  const reader = new PickleReader(bytes, start);
  const value = new Machine(reader, surroundings).run();
  return { value, end: reader.at };
}

class Machine {
  readonly #stack: unknown[] = [];
  /** Where the groups of values begin that a later instruction takes as a whole. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #objects = 0;
  #named = 0;

  constructor(
    readonly reader: PickleReader,
    readonly surroundings: Surroundings,
  ) {}

  run(): unknown {
    for (let done = 0; done < MAX_INSTRUCTIONS; done++) {
      const code = this.reader.u8();
      if (code === STOP) return this.pop();
      const instruction = INSTRUCTIONS[code];
      if (!instruction)
        throw new PickleFault(
          `its pickle has the instruction 0x${code.toString(16)}, which torch.save does not write`,
        );
      instruction(this, this.reader);
    }
    throw new PickleFault(`its pickle has more than ${MAX_INSTRUCTIONS} instructions`);
  }

  push(value: unknown): void {
    if (this.#stack.length >= MAX_STACK)
      throw new PickleFault(`its pickle stacks more than ${MAX_STACK} values`);
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new PickleFault('its pickle takes a value that is not there');
    return this.#stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
    if (this.#marks.length > MAX_STACK)
      throw new PickleFault(`its pickle stacks more than ${MAX_STACK} marks`);
  }

  /** The values since the last mark. */
  popMarked(): unknown[] {
    const from = this.#marks.pop();
    if (from === undefined) throw new PickleFault('its pickle takes values up to a mark that is not there');
    return this.#stack.splice(from);
  }

  popList(): readonly unknown[] {
    const value = this.pop();
    if (!Array.isArray(value)) throw new PickleFault('its pickle calls something without a list of values');
    return value as unknown[];
  }

  /** Something that takes memory of its own. */
  pushObject(value: unknown): void {
    if (++this.#objects > MAX_OBJECTS)
      throw new PickleFault(`its pickle makes more than ${MAX_OBJECTS} objects`);
    this.push(value);
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
    if (this.#memo.size > MAX_MEMO) throw new PickleFault(`its pickle keeps more than ${MAX_MEMO} values`);
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) throw new PickleFault('its pickle uses a value before it is made');
    this.push(this.#memo.get(index));
  }

  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new PickleFault('its pickle names a class by something that is not a text');
    if (++this.#named > MAX_NAMED)
      throw new PickleFault(`its pickle names more than ${MAX_NAMED} classes and functions`);
    const global = new Global(module, name);
    this.surroundings.named(global);
    this.push(global);
  }

  /** Takes the arguments, then what is called. */
  call(how: 'called' | 'made'): void {
    const args = this.popList();
    const callee = this.pop();
    if (!(callee instanceof Global))
      throw new PickleFault('its pickle calls a value, not a class or function by its name');
    this.pushObject(this.surroundings[how](callee, args));
  }

  setItems(items: readonly unknown[]): void {
    if (items.length % 2 !== 0) throw new PickleFault('its pickle has a key without a value');
    const target = this.top();
    const entries = target instanceof Opaque ? target.items.entries : (target as Dict | undefined)?.entries;
    if (!(entries instanceof Map))
      throw new PickleFault('its pickle puts entries into something else than a dict');
    for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (!(target instanceof Opaque))
      throw new PickleFault('its pickle appends to something else than a list');
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Opaque) target.state = state;
  }
}

type Instruction = (machine: Machine, reader: PickleReader) => void;

const STOP = 0x2e;

/** By their codes, with the names that pickle.py has for them. */
const INSTRUCTIONS: readonly (Instruction | undefined)[] = Object.assign(
  Array.from<Instruction | undefined>({ length: 256 }),
  {
    // PROTO, FRAME: the length of a frame is only a hint for reading ahead
    0x80: (_, reader) => checkProtocol(reader.u8()),
    0x95: (_, reader) => void reader.length8(),
    // MARK, POP, POP_MARK, DUP
    0x28: machine => machine.mark(),
    0x30: machine => void machine.pop(),
    0x31: machine => void machine.popMarked(),
    0x32: machine => machine.push(machine.top()),
    // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
    0x71: (machine, reader) => machine.put(reader.u8()),
    0x72: (machine, reader) => machine.put(reader.u32()),
    0x94: machine => machine.memoize(),
    0x68: (machine, reader) => machine.get(reader.u8()),
    0x6a: (machine, reader) => machine.get(reader.u32()),
    // NONE, NEWTRUE, NEWFALSE
    0x4e: machine => machine.push(null),
    0x88: machine => machine.push(true),
    0x89: machine => machine.push(false),
    // BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
    0x4a: (machine, reader) => machine.push(reader.i32()),
    0x4b: (machine, reader) => machine.push(reader.u8()),
    0x4d: (machine, reader) => machine.push(reader.u16()),
    0x8a: (machine, reader) => machine.push(reader.integer(reader.u8())),
    0x8b: (machine, reader) => machine.push(reader.integer(reader.u32())),
    0x47: (machine, reader) => machine.push(reader.f64()),
    // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8; Python 2 has SHORT_BINSTRING and BINSTRING
    0x8c: (machine, reader) => machine.push(reader.text(reader.u8())),
    0x58: (machine, reader) => machine.push(reader.text(reader.u32())),
    0x8d: (machine, reader) => machine.push(reader.text(reader.length8())),
    0x55: (machine, reader) => machine.push(reader.text(reader.u8())),
    0x54: (machine, reader) => machine.push(reader.text(reader.u32())),
    // SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8
    0x43: (machine, reader) => machine.pushObject(reader.bytes(reader.u8())),
    0x42: (machine, reader) => machine.pushObject(reader.bytes(reader.u32())),
    0x8e: (machine, reader) => machine.pushObject(reader.bytes(reader.length8())),
    0x96: (machine, reader) => machine.pushObject(reader.bytes(reader.length8())),
    // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
    0x29: machine => machine.pushObject([]),
    0x74: machine => machine.pushObject(machine.popMarked()),
    0x85: machine => machine.pushObject([machine.pop()]),
    0x86: machine => machine.pushObject([machine.pop(), machine.pop()].reverse()),
    0x87: machine => machine.pushObject([machine.pop(), machine.pop(), machine.pop()].reverse()),
    // EMPTY_LIST, APPEND, APPENDS
    0x5d: machine => machine.pushObject([]),
    0x61: machine => machine.append([machine.pop()]),
    0x65: machine => machine.append(machine.popMarked()),
    // EMPTY_DICT, SETITEM, SETITEMS
    0x7d: machine => machine.pushObject(new Dict()),
    0x73: machine => machine.setItems([machine.pop(), machine.pop()].reverse()),
    0x75: machine => machine.setItems(machine.popMarked()),
    // EMPTY_SET, ADDITEMS, FROZENSET: as lists
    0x8f: machine => machine.pushObject([]),
    0x90: machine => machine.append(machine.popMarked()),
    0x91: machine => machine.pushObject(machine.popMarked()),
    // GLOBAL, STACK_GLOBAL
    0x63: (machine, reader) => machine.name(reader.line(), reader.line()),
    0x93: machine => {
      const name = machine.pop();
      machine.name(machine.pop(), name);
    },
    // REDUCE, NEWOBJ, NEWOBJ_EX (whose arguments by name come last), BUILD
    0x52: machine => machine.call('called'),
    0x81: machine => machine.call('made'),
    0x92: machine => {
      machine.pop();
      machine.call('made');
    },
    0x62: machine => machine.build(),
    // BINPERSID
    0x51: machine => machine.pushObject(machine.surroundings.persistent(machine.pop())),
  } satisfies Record<number, Instruction>,
);

function checkProtocol(protocol: number): void {
  if (protocol < 2 || protocol > 5)
    throw new PickleFault(`its pickle has protocol ${protocol}; 2 to 5 are read`);
}
