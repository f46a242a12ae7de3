/** Mutations of pickles by their instructions: changed, repeated, moved, left out, put in. */
import { mutateBytes } from './mutate.ts';
import type { Random } from './random.ts';

/** Bytes after an instruction's code: a number, up to the second line break, or a length of so many bytes in front. */
const ARGUMENTS: Readonly<Record<number, number | 'lines' | { readonly length: number }>> = {
  ...Object.fromEntries([0x80, 0x71, 0x68, 0x4b].map(code => [code, 1])),
  ...{ 0x4d: 2, 0x72: 4, 0x6a: 4, 0x4a: 4, 0x47: 8, 0x95: 8, 0x63: 'lines' as const },
  ...Object.fromEntries([0x8a, 0x8c, 0x43, 0x55].map(code => [code, { length: 1 }])),
  ...Object.fromEntries([0x8b, 0x58, 0x42, 0x54].map(code => [code, { length: 4 }])),
  ...Object.fromEntries([0x8d, 0x8e, 0x96].map(code => [code, { length: 8 }])),
};

/** The instructions of a pickle, each with its arguments. */
export function instructionsOf(pickle: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(pickle);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const rule = ARGUMENTS[bytes[at] as number] ?? 0;
    let end = at + 1;
    if (rule === 'lines') for (let line = 0; line < 2; line++) end = bytes.indexOf(0x0a, end) + 1;
    else if (typeof rule === 'number') end += rule;
    else end += rule.length + bytes.readUIntLE(at + 1, Math.min(rule.length, 6));
    found.push(bytes.subarray(at, end));
    if (bytes[at] === 0x2e) break;
    at = end;
  }
  return found;
}

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]);
const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);

/** What a mutated pickle may have beside its own. */
const OTHERS: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, code) => Buffer.from([code])),
  ...['storage', '0', '1', 'state_dict', 'model', '_modules', '_parameters', '__proto__', ''].map(text),
  ...[
    ['os', 'system'],
    ['builtins', 'getattr'],
    ['builtins', 'dict'],
    ['collections', 'OrderedDict'],
    ['torch', 'FloatStorage'],
    ['torch', 'UntypedStorage'],
    ['torch._utils', '_rebuild_tensor_v2'],
    ['torch._utils', '_rebuild_tensor_v3'],
    ['torch._utils', '_rebuild_parameter'],
    ['torch._tensor', '_rebuild_from_type_v2'],
    ['my.models', 'Net'],
  ].map(([module, name]) => global(module as string, name as string)),
  Buffer.from([0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127]),
  Buffer.from([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
  Buffer.from([0x4a, 255, 255, 255, 255]),
  Buffer.from([0x4a, 255, 255, 255, 127]),
  Buffer.from([0x58, 255, 255, 255, 255]),
  Buffer.from([0x72, 255, 255, 255, 255]),
  Buffer.from([0x42, 0, 0, 0, 128]),
];

/** @param pickle ends with its last instruction */
export function mutatePickle(pickle: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.1)) return mutateBytes(pickle, random);
  const instructions = instructionsOf(pickle);
  for (let times = 1 + random.below(3); times > 0; times--) mutateOnce(instructions, random);
  return Buffer.concat(instructions);
}

function mutateOnce(instructions: Uint8Array[], random: Random): void {
  if (instructions.length === 0) return;
  const at = random.below(instructions.length);
  const other = random.below(instructions.length);
  const length = 1 + random.below(8);
  switch (random.below(7)) {
    case 0:
      instructions[at] = mutateBytes(instructions[at] ?? new Uint8Array(), random);
      return;
    case 1:
      instructions.splice(at, random.chance(0.5) ? 0 : 1, random.pick(OTHERS));
      return;
    case 2:
      instructions.splice(at, length);
      return;
    case 3:
      instructions.splice(at, 0, ...instructions.slice(other, other + length));
      return;
    case 4:
      instructions.splice(at, length, ...instructions.slice(other, other + length));
      return;
    case 5:
      // something long of little
      instructions.splice(
        at,
        0,
        ...Array.from({ length: 5000 }, () => random.pick(instructions) ?? OTHERS[0]!),
      );
      return;
    default:
      [instructions[at], instructions[other]] = [instructions[other]!, instructions[at]!];
  }
}
