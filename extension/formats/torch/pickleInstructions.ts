/** The instructions of protocols 2 to 5 that make data, as pickle.py and pickletools.py have them. */
import { PickleFault } from './pickleFaults.ts';
import type { PickleMachine } from './pickleMachine.ts';
import type { PickleReader } from './pickleReader.ts';
import { Dict } from './pickleValues.ts';

type Instruction = (machine: PickleMachine, reader: PickleReader) => void;

/** Ends a pickle: its value is on the stack. */
export const STOP = 0x2e;

/** By their codes, with the names that pickle.py has for them. */
export const INSTRUCTIONS: readonly (Instruction | undefined)[] = Object.assign(
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
