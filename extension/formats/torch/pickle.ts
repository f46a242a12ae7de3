/**
 * Reads pickles and runs nothing: instructions that make data are carried out, classes and functions are only named, and
 * whoever reads says what comes of a call. All work is proportional to the number of instructions.
 */
import { PickleFault } from './pickleFaults.ts';
import { INSTRUCTIONS, STOP } from './pickleInstructions.ts';
import { PickleMachine, type Surroundings } from './pickleMachine.ts';
import { PickleReader } from './pickleReader.ts';

/** A tensor takes about 30 instructions: these are enough for 250,000. */
const MAX_INSTRUCTIONS = 8_000_000;
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
  const machine = new PickleMachine(surroundings);
  for (let done = 0; done < MAX_INSTRUCTIONS; done++) {
    const code = reader.u8();
    if (code === STOP) return { value: machine.pop(), end: reader.at };
    const instruction = INSTRUCTIONS[code];
    if (!instruction)
      throw new PickleFault(
        `its pickle has the instruction 0x${code.toString(16)}, which torch.save does not write`,
      );
    instruction(machine, reader);
  }
  throw new PickleFault(`its pickle has more than ${MAX_INSTRUCTIONS} instructions`);
}
